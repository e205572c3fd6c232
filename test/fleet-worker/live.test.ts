import { existsSync } from 'node:fs';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Landed, type PromotionTask } from '@drylane/proto/task';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hashTree } from '../demo/tree.ts';
import { type Manner, type StandIn, startDispatcher, TOKEN } from './dispatcher.ts';
import { directoryAt, type Fleet, rehearsalTask, startFleet } from './fleet.ts';
import type { WorkerProcess } from './worker.ts';

let fleet: Fleet;
let dispatcher: StandIn;
let worker: WorkerProcess;
beforeAll(async () => {
  fleet = await startFleet('live');
  dispatcher = await startDispatcher();
  await writeFile(join(fleet.root, 'token'), `${TOKEN}\n`);
  // It is killed in the end, and a slot would stay until another worker follows it.
  await fleet.worker('rehearsals', { DRYLANE_LANE: 'rehearsal', DRYLANE_SLOTS: '0' });
  worker = await fleet.worker('live', live());
});
afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]();
  await dispatcher?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  dispatcher.manner = 'ledger';
});

const live = () => ({
  DRYLANE_LANE: 'live',
  DRYLANE_DISPATCHER_URL: dispatcher.url,
  DRYLANE_DISPATCHER_PATIENCE: '1s',
  DRYLANE_WORKER_TOKEN_FILE: join(fleet.root, 'token'),
});

const NOTHING = `sha256:${'0'.repeat(64)}` as const;

/** Rehearses a command and makes the task of letting it land. */
async function landing(command: string, site = fleet.site): Promise<PromotionTask> {
  const task = rehearsalTask(site, command);
  const { rehearsed } = await fleet.rehearse(command, task);
  if (rehearsed.place === null) throw new Error('it has no place');
  return {
    ...{ run: task.run, mode: 'apply', bound: NOTHING, rehearsal: NOTHING, judgement: NOTHING },
    ...{
      place: rehearsed.place,
      change_set: rehearsed.change_set,
      evidence: rehearsed.evidence,
      credentials: {},
    },
  };
}

async function land(task: PromotionTask): Promise<Landed> {
  const before = await fleet.send('promote', task);
  if (before?.ok !== true) throw new Error(JSON.stringify(before));
  return Landed.parse(before.value);
}

/** What every file holds. That something stood beside them for a moment shows in the time of their directory. */
async function contents(): Promise<readonly (readonly [string, string])[]> {
  const names = (await readdir(fleet.site)).sort();
  return Promise.all(
    names.map(async (name) => [name, await readFile(join(fleet.site, name), 'utf8')] as const),
  );
}

const claimsOf = (run: string) =>
  dispatcher.asked.filter((asked) => asked.what === 'claim' && asked.run === run);

describe('a worker of the live lane', () => {
  it('claims a run, lets what was rehearsed land, and says so under the name of its claim', async () => {
    const task = await landing('echo landed > a');
    const landed = await land(task);
    expect(landed).toMatchObject({ result: 'ended', promotion: { mode: 'apply', result: 'promoted' } });
    expect(await readFile(join(fleet.site, 'a'), 'utf8')).toBe('landed\n');
    expect(claimsOf(task.run)).toEqual([
      { what: 'claim', run: task.run, claim: { owner: landed.owner, mode: 'apply', bound: NOTHING } },
    ]);
  });

  it('ends a run where nothing is to be changed', async () => {
    const landed = await land(await landing('true'));
    expect(landed).toMatchObject({ result: 'ended', promotion: { result: 'promoted' } });
  });

  it('tells of drift, of a file and of the whole directory', async () => {
    const task = await landing('echo mine > a');
    await writeFile(join(fleet.site, 'a'), 'theirs\n');
    expect(await land(task)).toMatchObject({ promotion: { result: 'drifted', drifts: [{ path: 'a' }] } });
    const swapped = await landing('echo mine > a');
    await rename(fleet.site, `${fleet.site}.old`);
    await directoryAt(fleet.site);
    expect(await land(swapped)).toMatchObject({ promotion: { result: 'drifted', drifts: [{ path: '.' }] } });
    expect(await readdir(fleet.site)).toEqual([]);
    const text = await (await fetch(`${worker.health}/metrics`)).text();
    expect(text).toContain('drylane_drift_total 2');
  });

  const silences: readonly Manner[] = ['hang', 'deaf', 'fail', 'redirect', 'endless'];
  it.each(silences)(
    'touches nothing where it does not know whether its claim was heard: %s',
    async (manner) => {
      const task = await landing(`echo ${manner} > ${manner}`);
      const before = await hashTree(fleet.site);
      dispatcher.manner = manner;
      expect(await land(task)).toMatchObject({
        result: 'untouched',
        reason: expect.stringMatching(/dispatcher/),
      });
      expect(await hashTree(fleet.site)).toBe(before);
    },
  );

  it('touches nothing where nobody listens', async () => {
    const other = await startDispatcher();
    await other[Symbol.asyncDispose]();
    await worker.end('SIGTERM');
    const lonely = await fleet.worker('lonely', { ...live(), DRYLANE_DISPATCHER_URL: other.url });
    const task = await landing('echo lonely > lonely');
    const before = await hashTree(fleet.site);
    expect(await land(task)).toMatchObject({
      result: 'untouched',
      reason: 'the dispatcher cannot be reached',
    });
    expect(await hashTree(fleet.site)).toBe(before);
    await lonely.end('SIGTERM');
  });

  it('gives back what it claimed and was not answered, when it starts again', async () => {
    const heard = dispatcher.asked.length;
    worker = await fleet.worker('live', live());
    const told = dispatcher.asked
      .slice(heard)
      .flatMap((asked) => (asked.what === 'settle' ? [asked.landed] : []));
    expect(told.filter(({ result }) => result === 'rolled-back')).toHaveLength(silences.length);
    expect(told.filter(({ result }) => result === 'ended').length).toBeGreaterThanOrEqual(4);
    expect(await readdir(join(fleet.root, 'live', 'claims'))).toEqual([]);
    expect(await readdir(join(fleet.root, 'live', 'applies'))).toEqual([]);
  });

  it('lets one of two workers have a run', async () => {
    const second = await fleet.worker('other', live());
    for (let round = 0; round < 4; round++) {
      const task = await landing(`echo ${round} >> once`);
      const ends = await Promise.all([land(task), land(task)]);
      expect(ends.map(({ result }) => result).sort()).toEqual(['ended', 'untouched']);
      expect(claimsOf(task.run)).toHaveLength(2);
    }
    expect(await readFile(join(fleet.site, 'once'), 'utf8')).toBe('0\n1\n2\n3\n');
    await second.end('SIGTERM');
  });

  it('has no say about what is none of its workspaces, nor runs a command again', async () => {
    const task = await landing('echo x > x');
    const elsewhere = { ...task, place: { ...task.place, path: '/etc' } };
    expect(await land(elsewhere)).toMatchObject({
      result: 'untouched',
      reason: expect.stringContaining('not where'),
    });
    expect(await land({ ...task, mode: 'rerun' })).toMatchObject({ result: 'untouched' });
    expect(await land({ ...task, change_set: NOTHING })).toMatchObject({ result: 'untouched' });
    expect(claimsOf(task.run)).toEqual([]);
  });

  it('that is killed after its claim brings the files back or forward when it starts again, and tells', async () => {
    const found = new Set<string>();
    for (const waitMs of [0, 5, 15, 40, 80]) {
      const command = `for i in $(seq 300); do echo ${waitMs} > f$i; done`;
      const before = await contents();
      const task = await landing(command);
      const { run } = task;
      const answer = fleet.send('promote', task);
      const claim = await dispatcher.heard((asked) => asked.what === 'claim' && asked.run === run);
      await new Promise((done) => setTimeout(done, waitMs));
      await worker.end('SIGKILL');
      worker = await fleet.worker('live', live());
      const settled = await dispatcher.heard((asked) => asked.what === 'settle' && asked.run === run);
      if (settled.what !== 'settle' || claim.what !== 'claim') throw new Error('never');
      expect(settled.landed.owner).toBe(claim.claim.owner);
      const { landed } = settled;
      const end = landed.result === 'ended' ? landed.promotion.result : landed.result;
      found.add(end);
      expect(['promoted', 'rolled-back']).toContain(end);
      if (end === 'rolled-back') expect(await contents()).toEqual(before);
      else expect(await readFile(join(fleet.site, 'f300'), 'utf8')).toBe(`${waitMs}\n`);
      expect(existsSync(join(fleet.root, 'live', 'claims', `${run}.json`))).toBe(false);
      await answer;
    }
    expect(found.size).toBeGreaterThan(0);
  }, 180_000);

  it('keeps its state directory to itself', async () => {
    await expect(fleet.worker('live', live())).rejects.toThrow('another worker has this directory');
  });
});
