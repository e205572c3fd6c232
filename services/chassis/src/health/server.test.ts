import { once } from 'node:events';
import { METHODS, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createLogger } from '../logger/logger.ts';
import { createMetrics } from '../metrics/metrics.ts';
import { createRedactor } from '../redact/redact.ts';
import { type Check, createReadiness } from './readiness.ts';
import { type HealthServer, serveHealth } from './server.ts';

const HOST = '127.0.0.1';
const METRICS = createMetrics({ stage: [], rule: [], queue: [] });
const SILENT = createLogger({
  service: 'mill',
  level: 'fatal',
  redactor: createRedactor([]),
  sink: { write: () => {}, flush: async () => {} },
});

let servers: HealthServer[] = [];
afterEach(async () => {
  for (const server of servers) await server.close();
  servers = [];
});

async function served(
  over: { checks?: Record<string, Check>; metrics?: typeof METRICS; patienceMs?: number } = {},
) {
  const readiness = createReadiness({ checks: over.checks ?? {}, log: SILENT, patienceMs: 10_000 });
  const options = {
    host: HOST,
    port: 0,
    readiness,
    metrics: over.metrics ?? METRICS,
    patienceMs: over.patienceMs ?? 60_000,
  };
  const server = await serveHealth(options);
  servers.push(server);
  return { server, readiness, port: server.port };
}

async function ask(port: number, path: string, method = 'GET') {
  const [response] = await once(request({ host: HOST, port, path, method }).end(), 'response');
  const headers: Record<string, string> = response.headers;
  return { status: Number(response.statusCode), headers, body: await text(response) };
}

/** A connection of which nothing has been read, after it has sent something. */
async function opened(port: number, sent = ''): Promise<Socket> {
  const socket = connect(port, HOST);
  socket.on('error', () => {});
  await once(socket, 'connect');
  if (sent !== '') socket.write(sent);
  return socket;
}

describe('the health server', () => {
  it('says that the process lives, whether it is ready, and what was measured', async () => {
    const { port } = await served({ checks: { queue: async () => {} } });
    expect(await ask(port, '/healthz')).toMatchObject({ status: 200, body: '{"alive":true}\n' });
    expect(await ask(port, '/readyz?verbose')).toMatchObject({
      status: 200,
      body: '{"ready":true,"draining":false,"failing":[]}\n',
    });
    const { status, headers, body } = await ask(port, '/metrics');
    expect([status, headers['content-type']]).toEqual([200, METRICS.contentType]);
    expect(body).toContain('# TYPE drylane_runs_total counter\n');
  });

  it('says by name what is not there, while the process lives all the same', async () => {
    const fail: Check = async () => {
      throw new Error('password hunter2 refused');
    };
    const { port, readiness } = await served({ checks: { queue: fail, ledger: async () => {} } });
    expect(await ask(port, '/readyz')).toMatchObject({
      status: 503,
      body: '{"ready":false,"draining":false,"failing":["queue"]}\n',
    });
    readiness.drain();
    expect(await ask(port, '/readyz')).toMatchObject({
      status: 503,
      body: '{"ready":false,"draining":true,"failing":[]}\n',
    });
    expect((await ask(port, '/healthz')).status).toBe(200);
  });

  it('has nothing at any other path', async () => {
    const { port } = await served();
    const near = fc.constantFrom(
      '/',
      '/healthz/',
      '//healthz',
      '/HEALTHZ',
      '/readyz%00',
      '/x/../metrics',
      '/__proto__',
      '/constructor',
      'http://x/metrics',
      '*',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          near,
          fc.webPath().map((path) => `/x${path}`),
        ),
        async (path) => {
          expect((await ask(port, path)).status).toBe(404);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('answers HEAD without a body, and lets nothing be written with any other method', async () => {
    const { port } = await served();
    expect(await ask(port, '/healthz', 'HEAD')).toMatchObject({
      status: 200,
      body: '',
      headers: { 'content-length': '15' },
    });
    for (const method of METHODS.filter((name) => !['GET', 'HEAD', 'CONNECT'].includes(name))) {
      const { status, headers } = await ask(port, '/metrics', method);
      expect([method, status, headers.allow]).toEqual([method, 405, 'GET, HEAD']);
    }
  });

  it('says nothing of why it cannot measure', async () => {
    const broken = { ...METRICS, render: () => Promise.reject(new Error('hunter2')) };
    const { port } = await served({ metrics: broken });
    expect(await ask(port, '/metrics')).toMatchObject({
      status: 500,
      body: '{"error":"something went wrong inside drylane"}\n',
    });
  });

  it('refuses an address that is taken, with what to do', async () => {
    const { port, readiness } = await served();
    await expect(serveHealth({ host: HOST, port, readiness, metrics: METRICS })).rejects.toMatchObject({
      code: 'machine-unfit',
      problems: [{ field: `${HOST}:${port}`, message: 'cannot be listened on (EADDRINUSE)' }],
    });
  });
});

/** Waits for the end of a connection; whether it is closed or reset is for the system to say. */
const closed = (socket: Socket): Promise<unknown> =>
  new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve));

describe('a client that means harm', () => {
  it('that sends a body without end is answered, and hung up on', async () => {
    const { port } = await served();
    for (const framing of ['content-length: 99999999999', 'transfer-encoding: chunked']) {
      const socket = await opened(port, `POST /healthz HTTP/1.1\r\nhost: x\r\n${framing}\r\n\r\n`);
      const flood = setInterval(() => socket.writable && socket.write('ffff\r\n'.padEnd(65_535, 'x')), 1);
      const answered = text(socket).catch(() => '');
      await closed(socket);
      clearInterval(flood);
      await answered;
    }
    expect((await ask(port, '/healthz')).status).toBe(200);
  });

  it('that sends headers without end is refused', async () => {
    const { port } = await served();
    const socket = await opened(port, `GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}`);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('that sends its request too slowly is hung up on', async () => {
    const { port } = await served({ patienceMs: 50 });
    for (const begun of ['GET /heal', 'GET /healthz HTTP/1.1\r\nhost: x\r\n']) {
      const socket = await opened(port, begun);
      expect(await text(socket)).not.toContain(' 200 ');
    }
  });

  it('that opens more connections than there are is hung up on, and the first ones are not', async () => {
    const { port } = await served();
    const sockets = await Promise.all(Array.from({ length: 200 }, () => opened(port)));
    const { promise, resolve } = Promise.withResolvers<void>();
    let closed = 0;
    for (const socket of sockets) socket.resume().on('close', () => ++closed === 72 && resolve());
    await promise;
    const left = sockets.find((socket) => !socket.closed);
    left?.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(left && (await once(left, 'data')).toString()).toContain('HTTP/1.1 200 OK');
    for (const socket of sockets) socket.destroy();
  });

  it('asks one thing for each connection', async () => {
    const { port } = await served();
    const one = 'GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: keep-alive\r\n\r\n';
    const socket = await opened(port, one.repeat(50));
    expect((await text(socket)).match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});

describe('the end of the health server', () => {
  it('waits for nobody: not for open connections, begun requests, nor answers that take long', async () => {
    const metrics = { ...METRICS, render: () => new Promise<string>(() => {}) };
    const { server, port } = await served({ metrics });
    const sockets = await Promise.all(
      ['', 'GET /he', 'GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n'].map((sent) => opened(port, sent)),
    );
    await ask(port, '/healthz');
    const ends = sockets.map((socket) => closed(socket.resume()));
    await Promise.all([server.close(), server.close(), ...ends]);
    await server.close();
    await expect(ask(port, '/healthz')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
