import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';

const SOURCE = dirname(import.meta.dirname);
const SECRET = 'correct-horse-battery';

type Child = ChildProcessByStdio<null, Readable, Readable>;
let children: Child[] = [];
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
});

/** A service of chassis' own parts, in a process of its own. It says `open` when it is; `parts` is its source text. */
function service(parts: string, limits = { settleMs: 0, graceMs: 20_000, closeMs: 20_000 }): Child {
  const from = (path: string): string => JSON.stringify(join(SOURCE, path));
  const code = `
    import { serveHealth } from ${from('health/server.ts')};
    import { createReadiness } from ${from('health/readiness.ts')};
    import { createLogger } from ${from('logger/logger.ts')};
    import { fileSink } from ${from('logger/sink.ts')};
    import { createMetrics } from ${from('metrics/metrics.ts')};
    import { createRedactor } from ${from('redact/redact.ts')};
    import { endOnSignals } from ${from('shutdown/signals.ts')};
    const sink = fileSink(1, () => {});
    const log = createLogger({ service: 'mill', level: 'debug', redactor: createRedactor([{ name: 'KEY', value: '${SECRET}' }]), sink });
    const readiness = createReadiness({ checks: {}, log, patienceMs: 10_000 });
    const shutdown = endOnSignals({ log, sink, limits: ${JSON.stringify(limits)}, unready: () => readiness.drain() });
    const metrics = createMetrics({ stage: [], rule: [], queue: [] });
    const health = await serveHealth({ host: '127.0.0.1', port: 0, readiness, metrics });
    shutdown.add({ name: 'health', close: () => { log.info('closing health'); return health.close(); } });
    ${parts}
    log.info('open', { port: health.port });`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

interface Line {
  readonly msg: string;
  readonly port?: number;
}

/** What a service says, line by line. */
function listen(child: Child) {
  const lines: Line[] = [];
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) lines.push(JSON.parse(part));
  });
  const until = async (msg: string): Promise<Line | undefined> => {
    while (!lines.some((line) => line.msg === msg)) {
      if (child.exitCode !== null) throw new Error(`ended before it said "${msg}"`);
      await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    }
    return lines.find((line) => line.msg === msg);
  };
  return { lines, until };
}

const said = (lines: readonly Line[]): string[] => lines.map(({ msg }) => msg);

describe.each(['SIGTERM', 'SIGINT'] as const)('on %s a process', (signal) => {
  it('is not ready, drains, closes in reverse order, and ends with 0', async () => {
    const child = service(`
      let go; const work = new Promise((resolve) => { go = resolve; });
      process.on('SIGUSR2', () => go());
      shutdown.add({ name: 'worker', drain: async () => { log.info('draining'); await work; log.info('drained'); }, close: async () => log.info('closing worker') });`);
    const { lines, until } = listen(child);
    const port = (await until('open'))?.port;
    const ready = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status;
    expect(await ready()).toBe(200);
    child.kill(signal);
    await until('draining');
    expect(await ready()).toBe(503);
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    child.kill('SIGUSR2');
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(said(lines)).toEqual([
      'open',
      'shutting down',
      'draining',
      'drained',
      'closing worker',
      'closing health',
      'shut down',
    ]);
  });

  it('ends at once when a second one comes, and says which', async () => {
    const child = service(
      `shutdown.add({ name: 'worker', drain: () => { log.info('draining'); return new Promise(() => {}); } });`,
    );
    const { lines, until } = listen(child);
    await until('open');
    child.kill(signal);
    await until('draining');
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([signal === 'SIGTERM' ? 143 : 130, null]);
    expect(said(lines)).not.toContain('closing health');
  });
});

describe('a process that ends', () => {
  it('does not wait longer than its limits, closes what it can, tells what it could not, and ends with 1', async () => {
    const child = service(
      `shutdown.add({ name: 'stuck', drain: () => new Promise(() => {}), close: () => new Promise(() => {}) });
       shutdown.add({ name: 'broken', drain: async () => {}, close: async () => { throw new Error('lost ${SECRET}'); } });`,
      { settleMs: 5, graceMs: 50, closeMs: 50 },
    );
    const { lines, until } = listen(child);
    await until('open');
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(lines.filter(({ msg }) => msg === 'a part did not end as it should')).toMatchObject([
      { part: 'stuck', phase: 'drain', why: 'late' },
      { part: 'broken', phase: 'close', why: 'fault', fault: { message: 'lost [redacted:key]' } },
      { part: 'stuck', phase: 'close', why: 'late' },
    ]);
    expect(said(lines)).toContain('closing health');
    expect(JSON.stringify(lines)).not.toContain(SECRET);
  });

  it.each([
    ['a fault that is thrown', `setTimeout(() => { throw new Error('lost ${SECRET}'); }, 1);`],
    ['a promise that nobody waits for', `void Promise.reject(new Error('lost ${SECRET}'));`],
  ])('by %s logs it without its secrets, and ends with 1', async (_, fault) => {
    const child = service(`${fault} await new Promise(() => {});`);
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const { lines } = listen(child);
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(lines).toMatchObject([
      { level: 'fatal', msg: 'a fault that nobody caught', fault: { message: 'lost [redacted:key]' } },
    ]);
    expect(errors).toBe('');
  });

  it('while the reader of its log stalls still ends', async () => {
    const child = service(`
      process.on('SIGUSR2', () => { for (let i = 0; i < 3000; i++) log.info('noise', { text: 'x '.repeat(500) }); process.stderr.write('full'); });
      process.stderr.write('open');`);
    await once(child.stderr, 'data');
    child.kill('SIGUSR2');
    await once(child.stderr, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
