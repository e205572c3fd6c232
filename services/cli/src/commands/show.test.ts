import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '@drylane/proto/digest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Context } from '../context.ts';
import { openDesk } from '../embedded/desk.ts';
import { keepRun, RUN } from '../embedded/records.fixture.ts';
import { program } from '../main.ts';

const SEALED = Buffer.from('age-encryption.org/v1\n\x00\x1b\xff sealed', 'latin1');

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'drylane-show-'));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

/** What `drylane show` writes to standard output. */
async function show(args: readonly string[], isTTY = false): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const stdout = Object.assign(Object.create(process.stdout), {
    isTTY,
    write(chunk: string | Uint8Array, written?: () => void) {
      chunks.push(Buffer.from(chunk));
      written?.();
      return true;
    },
  });
  const context: Context = { stdin: process.stdin, stdout, stderr: process.stderr, env: {}, cwd: '/' };
  await program(context, () => undefined).parseAsync(['show', ...args, '--state', state], { from: 'user' });
  return Buffer.concat(chunks);
}

describe('drylane show', () => {
  it('says that sealed raw output is there, with its digest, and only then', async () => {
    await keepRun(state, SEALED);
    const text = (await show(['last'])).toString();
    expect(text).toContain(
      `\nraw output\nsealed as ${digestOf(SEALED)}: drylane show --state ${state} ${RUN} --raw-output\n`,
    );
    expect(text).toContain('command\n  ls \\x1b[2J\n');
    rmSync(state, { recursive: true });
    await keepRun(state, null);
    expect((await show(['last'])).toString()).not.toContain('raw output');
  });

  it('writes the sealed bytes as they are, and nothing else', async () => {
    await keepRun(state, SEALED);
    expect(await show([RUN, '--raw-output'])).toEqual(SEALED);
  });

  it('writes no sealed bytes to a terminal', async () => {
    await keepRun(state, SEALED);
    await expect(show([RUN, '--raw-output'], true)).rejects.toMatchObject({
      code: 'bad-input',
      problems: [{ field: '--raw-output', mend: expect.stringContaining('age -d') }],
    });
  });

  it('says how raw output comes to be kept where there is none', async () => {
    await keepRun(state, null);
    await expect(show([RUN, '--raw-output'])).rejects.toMatchObject({
      code: 'not-found',
      problems: [{ field: '--raw-output', mend: expect.stringContaining('seal_to') }],
    });
  });

  it('says who decided, what is missing, how it would land, and why it ended so', async () => {
    await keepRun(state, null);
    const { ledger } = await openDesk(state, {});
    await using _ = { [Symbol.asyncDispose]: () => ledger.close() };
    await ledger.append(RUN, [{ type: 'moved', to: 'awaiting-live-approval', reason: null }], Date.now());
    const waiting = (await show(['last'])).toString();
    expect(waiting).toMatch(
      /state: {10}awaiting-live-approval\nwaits until: {4}2.* UTC\nlands by: {7}apply: /,
    );
    await ledger.append(RUN, [{ type: 'moved', to: 'expired', reason: 'nobody let it land' }], Date.now());
    const ended = (await show(['last'])).toString();
    expect(ended).toContain('state:          expired\nreason:         nobody let it land\n');
    expect(ended).not.toContain('lands by');
  });

  it('does not take two forms at once', async () => {
    await expect(show([RUN, '--raw-output', '--json'])).rejects.toMatchObject({
      code: 'commander.conflictingOption',
    });
  });
});
