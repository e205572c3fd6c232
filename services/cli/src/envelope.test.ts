import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Context } from './context.ts';
import { envelopeFrom } from './envelope.ts';

describe('an envelope from the command line', () => {
  let place: string;
  let context: Context;

  beforeEach(async () => {
    place = await realpath(await mkdtemp(join(tmpdir(), 'drylane-envelope-')));
    context = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: {}, cwd: place };
  });
  afterEach(() => rm(place, { recursive: true, force: true }));

  it('works in this directory unless told otherwise', async () => {
    const { envelope, roots } = await envelopeFrom({ readOnly: true }, 'ls', context);
    expect(envelope).toEqual({
      command: 'ls',
      working_dir: place,
      workspace: { path: place },
      intent: { mode: 'read-only' },
    });
    expect(roots).toEqual([place]);
  });

  it('takes each flag to its field', async () => {
    await mkdir(join(place, 'site'));
    const flags = {
      workspace: 'site',
      workingDir: 'blog',
      expect: ['a', 'b/'],
      forbid: ['c'],
      network: ['x.example:443'],
      credential: ['TOKEN'],
      expectExit: [0, 3],
      env: ['A=1=2', 'B='],
      timeout: '5s',
      memory: '64Mi',
      disk: '8Mi',
      image: 'drylane/sandbox',
      shell: 'sh',
      task: 'nightly',
      intent: 'why',
    };
    const { envelope, roots } = await envelopeFrom(flags, 'x', context);
    expect(envelope).toEqual({
      task: 'nightly',
      command: 'x',
      working_dir: join(place, 'site', 'blog'),
      workspace: { path: join(place, 'site') },
      image: 'drylane/sandbox',
      shell: 'sh',
      intent: {
        summary: 'why',
        mode: 'mutating',
        expected_writes: ['a', 'b/'],
        forbidden_paths: ['c'],
        network: ['x.example:443'],
        credentials: ['TOKEN'],
        expected_exit: [0, 3],
      },
      env: { A: '1=2', B: '' },
      limits: { timeout: '5s', memory: '64Mi', disk: '8Mi' },
    });
    expect(roots).toEqual([place, join(place, 'site')]);
  });

  it('lays flags over a file, and changes nothing else of it', async () => {
    const file = join(place, 'e.json');
    const written = {
      command: 'old',
      working_dir: '/srv/x',
      intent: { mode: 'mutating', expected_writes: ['a'], network: 'none' },
      limits: { timeout: '5s', pids: 32 },
    };
    await writeFile(file, JSON.stringify(written));
    const { envelope } = await envelopeFrom({ file, timeout: '9s', forbid: ['b'] }, 'new', context);
    expect(envelope).toEqual({
      ...written,
      command: 'new',
      intent: { ...written.intent, forbidden_paths: ['b'] },
      limits: { timeout: '9s', pids: 32 },
    });
  });

  it.each([
    ['no command', { readOnly: true }, undefined, 'command'],
    ['a variable without a value', { readOnly: true, env: ['A'] }, 'x', '--env'],
    ['a workspace that is not there', { readOnly: true, workspace: 'nowhere' }, 'x', 'workspace.path'],
    ['a file that is not there', { file: 'nowhere.yaml' }, undefined, 'nowhere.yaml'],
    ['a mutating command that declares no writes', {}, 'x', 'intent.expected_writes'],
  ])('refuses %s by its field', async (_, flags, command, field) => {
    await expect(envelopeFrom(flags, command, context)).rejects.toMatchObject({
      code: 'bad-input',
      problems: [expect.objectContaining({ field })],
    });
  });
});
