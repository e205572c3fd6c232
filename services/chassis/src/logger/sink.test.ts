import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { fileSink } from './sink.ts';

const SINK = JSON.stringify(join(import.meta.dirname, 'sink.ts'));

/** A process of our own with a sink on its standard output; what it lost it tells on standard error. */
function writer(script: string) {
  const code = `import { fileSink } from ${SINK};
    const sink = fileSink(1, (lines) => process.stderr.write('lost ' + lines));
    ${script}`;
  return spawn(process.execPath, ['--input-type=module-typescript', '-e', code], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

const TOO_MUCH = `const line = 'x'.repeat(999) + '\\n'; for (let i = 0; i < 20_000; i++) sink.write(line);`;

describe('lines to a pipe', () => {
  it('all come through, in order', async () => {
    const child = writer(
      `for (let i = 0; i < 3000; i++) sink.write(i + '\\n'); await sink.flush(20_000); process.exit(7);`,
    );
    const [written, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    expect(written).toBe(Array.from({ length: 3000 }, (_, i) => `${i}\n`).join(''));
    expect(code).toBe(7);
  });

  it('do not keep a process whose reader stalls from working and from ending', async () => {
    const child = writer(`${TOO_MUCH} await sink.flush(100); process.exit(7);`);
    child.stdout.pause();
    const [code, signal] = await once(child, 'exit');
    child.stdout.destroy();
    expect([code, signal]).toEqual([7, null]);
  });

  it('that find no room are lost, counted, and told when there is room again', async () => {
    const child = writer(`${TOO_MUCH} process.stderr.write('written ');`);
    const told = text(child.stderr);
    child.stdout.pause();
    await once(child.stderr, 'data');
    const written = await text(child.stdout);
    const [, lost] = /lost (\d+)$/.exec(await told) ?? [];
    expect(Number(lost)).toBeGreaterThan(0);
    expect(written.length / 1000 + Number(lost)).toBe(20_000);
    expect(written).toMatch(/^(x{999}\n)+$/);
  });

  it('whose reader has gone are dropped, and the process goes on', async () => {
    const child = writer(`await new Promise((go) => setTimeout(go, 200));
      for (let i = 0; i < 5; i++) { sink.write('x\\n'); await new Promise((go) => setImmediate(go)); }
      await sink.flush(20_000); process.exit(7);`);
    child.stdout.destroy();
    expect(await once(child, 'exit')).toEqual([7, null]);
  });
});

describe('lines to a file', () => {
  it('are lost without a word while the disk is full', async () => {
    const lost: number[] = [];
    const sink = fileSink(openSync('/dev/full', 'w'), (lines) => lost.push(lines));
    sink.write('x\n');
    sink.write('y\n');
    await sink.flush(1);
    expect(lost).toEqual([]);
  });
});
