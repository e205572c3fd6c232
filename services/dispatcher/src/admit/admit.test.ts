import { digestOfJson } from '@drylane/proto/digest';
import { DrylaneError, type Problem } from '@drylane/proto/errors';
import type { Policy } from '@drylane/proto/policy';
import { describe, expect, it } from 'vitest';
import { context, envelope, policy } from './admit.fixture.ts';
import { type AdmitContext, admit } from './admit.ts';

type Given = Parameters<typeof envelope>;

function problems(
  [over, intent]: Given,
  world: AdmitContext = context(),
  under: Policy = policy(),
): readonly Problem[] {
  try {
    admit(envelope(over, intent), under, world);
  } catch (error) {
    if (error instanceof DrylaneError && error.code === 'bad-input') return error.problems;
    throw error;
  }
  return [];
}

const fields = (...given: Parameters<typeof problems>) => problems(...given).map(({ field }) => field);
const place = (path: string) => ({ path, directory: true });

describe('an envelope that is let in', () => {
  it('has every default filled', () => {
    const given = envelope();
    expect(admit(given, policy(), context())).toEqual({
      envelope: given,
      envelopeDigest: digestOfJson(given),
      policyDigest: digestOfJson(policy()),
      task: null,
      command: given.command,
      workspace: '/workspace/site',
      workingDir: '/workspace/site',
      image: 'drylane/sandbox',
      shell: 'bash',
      mode: 'mutating',
      expectedWrites: ['blog/*.md'],
      forbiddenPaths: ['.git/'],
      network: [],
      credentials: [],
      expectedExit: [0],
      env: {},
      limits: {
        timeoutMs: 60_000,
        memoryBytes: 512 * 2 ** 20,
        cpus: 1,
        pids: 256,
        diskBytes: 256 * 2 ** 20,
        outputBytes: 2 ** 20,
      },
      promotion: 'auto',
    });
  });

  it('keeps what it asked for, and has what policy forbids added', () => {
    const given = envelope(
      { limits: { timeout: '5m' }, shell: 'sh', env: { LANG: 'C.UTF-8' }, promotion: 'none' },
      { forbidden_paths: ['secrets/'], network: ['api.github.com:443'], credentials: ['GITHUB_TOKEN'] },
    );
    expect(admit(given, policy(), context())).toMatchObject({
      limits: { timeoutMs: 300_000, cpus: 1 },
      shell: 'sh',
      env: { LANG: 'C.UTF-8' },
      promotion: 'none',
      forbiddenPaths: ['secrets/', '.git/'],
      network: ['api.github.com:443'],
      credentials: ['GITHUB_TOKEN'],
    });
  });

  it('works where its paths really lead', () => {
    const world = context({ workspace: place('/workspace/real'), workingDir: place('/workspace/real/docs') });
    expect(admit(envelope(), policy(), world)).toMatchObject({
      workspace: '/workspace/real',
      workingDir: '/workspace/real/docs',
    });
  });

  it('may expect to write anywhere: forbidden paths still win', () => {
    expect(admit(envelope({}, { expected_writes: ['**'] }), policy(), context()).expectedWrites).toEqual([
      '**',
    ]);
  });

  it('is forbidden what policy names by an absolute path of the workspace, as that policy means it', () => {
    const under = policy({ forbidden_paths: ['/workspace/site/secrets/', '/etc/'] });
    expect(admit(envelope(), under, context()).forbiddenPaths).toEqual([
      '/workspace/site/secrets/',
      'secrets/',
      '/etc/',
    ]);
  });
});

describe('an envelope that is refused', () => {
  it('is told everything that is wrong at once, each with a mend', () => {
    const found = problems(
      [
        { image: 'other', env: { PATH: '/x', T: 'ghp_x' }, limits: { timeout: '1h', pids: 2000 } },
        { network: ['evil.example'], credentials: ['X'], expected_writes: ['/workspace/site/a'] },
      ],
      context({ workspace: place('/srv/x'), workingDir: place('/etc') }),
    );
    expect(found.map(({ field }) => field)).toEqual([
      'working_dir',
      'working_dir',
      'image',
      'intent.expected_writes.0',
      'intent.network.0',
      'intent.credentials.0',
      'env.PATH',
      'env.T',
      'limits.timeout',
      'limits.pids',
    ]);
    for (const { message, mend } of found) expect([message, mend]).not.toContain('');
  });

  it('names a directory that is not there, is a file, or lies outside the roots or the workspace', () => {
    expect(problems([{}], context({ workspace: null }))).toMatchObject([
      { field: 'working_dir', message: '/workspace/site is not there' },
    ]);
    const file = { path: '/workspace/a', directory: false };
    expect(fields([{ workspace: { path: '/workspace/a' } }], context({ workspace: file }))).toEqual([
      'workspace.path',
    ]);
    expect(fields([{}], context({ workingDir: place('/workspace/sites') }))).toEqual(['working_dir']);
    expect(fields([{}], context({ workingDir: null }))).toEqual(['working_dir']);
    expect(fields([{}], context({ roots: ['/work'] }))).toEqual(['working_dir']);
    expect(fields([{}], context({ roots: [] }))).toEqual(['working_dir']);
  });

  it('is told that snapshots and git trees need the fleet', () => {
    const snapshot = `sha256:${'0'.repeat(64)}`;
    for (const workspace of [{ snapshot }, { git: { url: 'https://x', ref: 'main' } }])
      expect(problems([{ workspace }], context({ workspace: null }))).toMatchObject([
        { field: 'workspace', message: 'is a snapshot or a git tree, which needs the fleet' },
      ]);
  });

  it('never sees the value of a secret repeated', () => {
    expect(JSON.stringify(problems([{ env: { T: 'ghp_abcdef' } }]))).not.toContain('ghp_abcdef');
  });

  it('cannot name a credential by what every object has', () => {
    expect(fields([{}, { credentials: ['toString', 'GITHUB_TOKEN'] }])).toEqual(['intent.credentials.0']);
  });

  it('cannot hold a credential in env, whatever its value looks like', () => {
    expect(fields([{ env: { GITHUB_TOKEN: 'x' } }])).toEqual(['env.GITHUB_TOKEN']);
  });

  it('is told how to write a pattern that it wrote as an absolute path of the workspace', () => {
    const found = problems([{}, { forbidden_paths: ['/workspace/site/secrets/', '/etc/'] }]);
    expect(found).toMatchObject([
      { field: 'intent.forbidden_paths.0', mend: "write it from the workspace's root: secrets/" },
    ]);
  });
});
