import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOfJson } from '@drylane/proto/digest';
import { blankChange } from '@drylane/proto/evidence.fixture';
import { askRules } from '@drylane/proto/rules/ask';
import { facts } from '@drylane/proto/rules/rules.fixture';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { envelope } from './admit.fixture.ts';
import { loadPolicy, rootsOf } from './load.ts';
import { locate } from './locate.ts';
import { parseEnvelope } from './parse.ts';

let dir = '';

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'drylane-admit-'));
  await mkdir(join(dir, 'site/docs'), { recursive: true });
  await symlink(join(dir, 'site'), join(dir, 'link'));
  await writeFile(join(dir, 'file'), '');
  await writeFile(join(dir, 'own.yaml'), 'version: 1\n');
});
afterAll(() => rm(dir, { recursive: true }));

describe('the policy we ship', () => {
  it('is the one in the contract, without rules of its own', async () => {
    const { policy, digest } = await loadPolicy(undefined);
    expect(digest).toBe(digestOfJson(policy));
    expect(policy).toMatchObject({
      risk: { medium: 4, high: 7 },
      approvals: {
        rehearsal: { from: 'high' },
        live: { from: 'medium', quorum: 1, expires: '24h', sticky: true },
      },
      workspaces: { roots: ['/workspace', '/srv/repos'] },
      images: { default: 'drylane/sandbox', allowed: ['drylane/sandbox'] },
      network: { declarable: ['*.github.com:443'] },
      credentials: { GITHUB_TOKEN: { mock: 'ghp_', live: { env: 'GITHUB_TOKEN' } } },
      forbidden_paths: ['.git/', '.env*'],
      limits: {
        default: { timeout: '60s' },
        max: { timeout: '15m', memory: '4Gi', cpus: 2, pids: 1024, disk: '4Gi', output: '8Mi' },
      },
    });
  });

  it('lets workspaces lie in the directory drylane was started in, too', async () => {
    expect(rootsOf(await loadPolicy(undefined), ['/home/x'])).toEqual([
      '/workspace',
      '/srv/repos',
      '/home/x',
    ]);
  });
});

describe('a policy that comes with drylane', () => {
  it('is named by its name, and a file of that name by its path', async () => {
    const [strict, open, standard] = await Promise.all(['strict', 'open', 'standard'].map(loadPolicy));
    expect(strict?.policy.approvals.live).toMatchObject({ from: 'low', quorum: 2 });
    expect(open?.policy.approvals.rehearsal).toEqual({ from: 'never' });
    expect(standard?.digest).toBe((await loadPolicy(undefined)).digest);
    expect([strict, open, standard].map((loaded) => loaded?.shipped)).toEqual([true, true, true]);
    await expect(loadPolicy('./strict')).rejects.toMatchObject({ problems: [{ field: './strict' }] });
  });

  it('is decided by of 100,000 changes, too', async () => {
    const { rules } = await loadPolicy('strict');
    const changes = Array.from({ length: 100_000 }, (_, at) =>
      blankChange(`${'packages/some-package/source/'.repeat(2)}${at}`.slice(-60)),
    );
    const answers = askRules(rules, facts({ changes }));
    expect(answers).toHaveLength(10);
    for (const answer of answers) expect(answer).toMatchObject({ says: false });
  });

  it('has a digest that changes with every rule, and not with its examples', async () => {
    const { policy, digest } = await loadPolicy('strict');
    const digests = policy.rules.map((rule, at) => {
      const changed = { ...rule, message: `${rule.message}!` };
      return digestOfJson({ ...policy, rules: policy.rules.with(at, changed) });
    });
    expect(new Set([digest, ...digests]).size).toBe(policy.rules.length + 1);
    expect(JSON.stringify(policy)).not.toContain('"tests"');
  });
});

describe("an operator's policy", () => {
  it('is read from its file, and gives the starting directory only where it names no roots', async () => {
    const loaded = await loadPolicy(join(dir, 'own.yaml'));
    expect(rootsOf(loaded, ['/home/x'])).toEqual(['/home/x']);
    const named = { ...loaded, policy: { ...loaded.policy, workspaces: { roots: ['/w'] } } };
    expect(rootsOf(named, ['/home/x'])).toEqual(['/w']);
  });

  it('that cannot be read is a bad policy, and never a missing one', async () => {
    const mend = 'name a file, or one that comes with drylane: standard, strict, open';
    for (const [path, message] of [
      [join(dir, 'none.yaml'), 'is not there'],
      [dir, 'is a directory'],
      [join(dir, 'own.yaml/x'), 'cannot be read (ENOTDIR)'],
    ] as const)
      await expect(loadPolicy(path)).rejects.toMatchObject({
        ...{ code: 'bad-policy', problems: [{ field: path, message, mend }] },
      });
  });

  it('is a regular file, so that nothing is waited for, nor read without end', async () => {
    const [fifo, link, large] = [join(dir, 'fifo'), join(dir, 'to-own.yaml'), join(dir, 'large.yaml')];
    execFileSync('mkfifo', [fifo]);
    for (const path of ['/dev/zero', '/dev/null', fifo])
      await expect(loadPolicy(path)).rejects.toMatchObject({
        ...{ code: 'bad-policy', problems: [{ field: path, message: 'is not a regular file' }] },
      });
    await writeFile(large, '');
    await truncate(large, 2 ** 30);
    await expect(loadPolicy(large)).rejects.toMatchObject({
      problems: [{ field: large, message: 'holds 1073741824 bytes, more than 1048576' }],
    });
    await symlink('own.yaml', link);
    expect(await loadPolicy(link)).toMatchObject({ policy: { version: 1 } });
  });
});

describe('locate', () => {
  it('says where paths lead, whether they are directories, and leaves out roots that are not there', async () => {
    const given = envelope({ working_dir: join(dir, 'link/docs'), workspace: { path: join(dir, 'link') } });
    expect(await locate(given, [join(dir, 'link'), join(dir, 'none'), join(dir, 'file')])).toEqual({
      workspace: { path: join(dir, 'site'), directory: true },
      workingDir: { path: join(dir, 'site/docs'), directory: true },
      roots: [join(dir, 'site')],
    });
    const bad = envelope({ working_dir: join(dir, 'none'), workspace: { path: join(dir, 'file') } });
    expect(await locate(bad, [])).toEqual({
      workspace: { path: join(dir, 'file'), directory: false },
      workingDir: null,
      roots: [],
    });
  });

  it('refuses a path that leads round in a circle', async () => {
    await symlink(join(dir, 'round'), join(dir, 'round'));
    await expect(locate(envelope({ working_dir: join(dir, 'round') }), [])).rejects.toMatchObject({
      code: 'bad-input',
      problems: [{ field: 'working_dir' }],
    });
  });
});

describe('parseEnvelope', () => {
  it('reads YAML, and says where what is wrong stands', () => {
    const text = 'command: ls\nworking_dir: /w\nintent: { mode: read-only }\n';
    expect(parseEnvelope(Buffer.from(text), 'e.yaml')).toMatchObject({ command: 'ls' });
    expect(() => parseEnvelope(Buffer.from(`${text}shel: sh\n`), 'e.yaml')).toThrow(/e\.yaml:4:1/);
  });
});
