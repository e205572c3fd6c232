import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { DrylaneError } from '@drylane/proto/errors';
import type { Readiness } from './readiness.ts';

/** What a path answers. */
interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface HealthOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly readiness: Readiness;
  readonly metrics: { render(): Promise<string>; readonly contentType: string };
  /** How long a client may take to ask, in milliseconds; 5000 if left out. */
  readonly patienceMs?: number;
}

export interface HealthServer extends AsyncDisposable {
  readonly port: number;
  /** Ends at once, with whatever is open. */
  close(): Promise<void>;
}

const MAX_HEADER_BYTES = 4096;
const MAX_CONNECTIONS = 128;

/**
 * Serves `/healthz` (the process lives), `/readyz` (every check passes, or which do not) and `/metrics`; nothing else, one
 * request for each connection, and no body is read.
 * @throws DrylaneError `machine-unfit` when the address cannot be listened on.
 */
export async function serveHealth(options: HealthOptions): Promise<HealthServer> {
  const { host, port, patienceMs = 5000 } = options;
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: patienceMs,
      requestTimeout: patienceMs,
      connectionsCheckingInterval: Math.ceil(patienceMs / 5),
    },
    async (request, response) => {
      const { status, type, body } = await answer(request.method ?? '', request.url ?? '', options);
      response.writeHead(status, {
        'content-type': type,
        'content-length': Buffer.byteLength(body),
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
        // What the client still sends is thrown away with the connection.
        connection: 'close',
      });
      response.end(request.method === 'HEAD' ? undefined : body);
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, host, port);
  const address = server.address();
  const close = async (): Promise<void> => {
    const closed = server.listening ? once(server, 'close') : undefined;
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The answer to a request; throws nothing. */
async function answer(method: string, url: string, { readiness, metrics }: HealthOptions): Promise<Answer> {
  const paths: Readonly<Record<string, () => Promise<Answer>>> = {
    '/healthz': async () => json(200, { alive: true }),
    '/readyz': async () => {
      const report = await readiness.look();
      return json(report.ready ? 200 : 503, report);
    },
    '/metrics': async () => ({ status: 200, type: metrics.contentType, body: await metrics.render() }),
  };
  const path = url.split('?', 1)[0] ?? '';
  const respond = Object.hasOwn(paths, path) ? paths[path] : undefined;
  if (respond === undefined) return json(404, { error: 'there is nothing at this path' });
  if (method !== 'GET' && method !== 'HEAD') return json(405, { error: 'this path can only be read' });
  try {
    return await respond();
  } catch {
    return json(500, { error: 'something went wrong inside drylane' });
  }
}

function json(status: number, value: unknown): Answer {
  return { status, type: 'application/json', body: `${JSON.stringify(value)}\n` };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw new DrylaneError(
      'machine-unfit',
      {
        field: `${host}:${port}`,
        message: `cannot be listened on${code}`,
        mend: 'set an address of this machine and a port that is free',
      },
      { cause },
    );
  }
}
