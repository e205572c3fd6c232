import { createRedactor } from '@drylane/chassis/redact/redact';
import { limitValues } from '@drylane/proto/limits';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { type RerunRequest, rerun } from './rerun.ts';

const REQUEST: RerunRequest = {
  ...{
    runId: 'run_x',
    command: 'true',
    shell: 'sh',
    source: '/',
    workspace: '/',
    workingDir: '/',
    image: 'x',
    runtime: null,
  },
  ...{ env: {}, limits: limitValues({}), network: [], expected: [], forbidden: [], strippedEnv: [] },
  credentials: [],
  begin: () => undefined,
};

/** A sandbox that says that it was asked for one. */
const REACHED: Sandbox = {
  prepare: () => Promise.reject(new Error('prepared')),
  close: () => Promise.resolve(),
};

const blobs = { put: () => Promise.reject(), putStream: () => Promise.reject() };

async function refusal(over: Partial<RerunRequest>, known = over.credentials ?? []): Promise<string> {
  const handling = { redactor: createRedactor(known), blobs };
  const fault = await rerun(REACHED, { ...REQUEST, ...over }, handling).catch((cause: Error) => cause);
  return (fault as Error).message;
}

describe('a live run', () => {
  it('is made of what can be given', async () => {
    const credentials = [{ name: 'TOKEN', value: 'six-or-more\nlines\n' }];
    expect(await refusal({ credentials, network: ['a.example'] })).toBe('prepared');
  });

  it.each([
    ['a name that is none', 'A B', 'long-enough', 'no name'],
    ['a NUL', 'TOKEN', 'long\0enough', 'NUL'],
    ['too much', 'TOKEN', 'x'.repeat(131_072), 'too long'],
    ['too little to be found again', 'TOKEN', '12345', 'shorter'],
    ['nothing', 'TOKEN', '', 'shorter'],
  ])('is refused a credential of %s, and its value is not said', async (_, name, value, message) => {
    const said = await refusal({ credentials: [{ name, value }] });
    expect(said).toContain(message);
    if (value !== '') expect(said).not.toContain(value);
  });

  it('is refused where the redactor would let a credential through', async () => {
    expect(await refusal({ credentials: [{ name: 'TOKEN', value: 'plainly-unknown' }] }, [])).toContain(
      'redactor',
    );
  });

  it('is refused a way to a socket of this machine before anything is made', async () => {
    expect(await refusal({ network: ['unix:/var/run/docker.sock'] })).toContain('socket of this machine');
  });
});
