import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keepDocument, recallDocument } from '@drylane/chassis/blobs/documents';
import type { Serving } from '@drylane/chassis/transport/transport';
import type { Finding } from '@drylane/proto/decision';
import { Evidence } from '@drylane/proto/evidence';
import { Landed, Performed, type PromotionTask, type Weighed } from '@drylane/proto/task';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../journey/server.ts';
import { addresses } from '../sandbox/servers.ts';
import { type StandIn, startDispatcher, TOKEN } from './dispatcher.ts';
import { type Fleet, rehearsalTask, startFleet } from './fleet.ts';
import type { WorkerProcess } from './worker.ts';

const SECRET = 'ghp_the-real-one-0123456789';

let fleet: Fleet;
let dispatcher: StandIn;
let server: Awaited<ReturnType<typeof listen>>;
let worker: WorkerProcess;
let weighing: Serving;
let divergences: Finding[] = [];
let weighed = (): void => undefined;
beforeAll(async () => {
  [fleet, dispatcher, server] = await Promise.all([startFleet('rerun'), startDispatcher(), listen()]);
  await writeFile(join(fleet.root, 'token'), TOKEN);
  await writeFile(join(fleet.site, 'a'), 'one\n');
  // It is killed in the end, and a slot would stay until another worker follows it.
  await fleet.worker('rehearsals', { DRYLANE_LANE: 'rehearsal', DRYLANE_SLOTS: '0' });
  worker = await fleet.worker('live', live());
  // A comparator, as far as workers know it.
  const weigh = async ({ before }: { readonly before: unknown }): Promise<Weighed> => {
    const performed = Performed.parse((before as { readonly value: unknown }).value);
    weighed();
    return performed.result === 'ran' ? { ran: performed, divergences } : { landed: performed };
  };
  weighing = fleet.transport.serve('compare', weigh, { concurrency: 2 });
});
afterAll(async () => {
  await weighing?.close();
  await fleet?.[Symbol.asyncDispose]();
  await dispatcher?.[Symbol.asyncDispose]();
  await server?.close();
});
beforeEach(() => {
  divergences = [];
  weighed = () => undefined;
  dispatcher.manner = 'ledger';
});

const live = () => ({
  DRYLANE_LANE: 'live',
  DRYLANE_RERUN: 'true',
  DRYLANE_CREDENTIALS: 'REAL_TOKEN',
  REAL_TOKEN: SECRET,
  DRYLANE_DISPATCHER_URL: dispatcher.url,
  DRYLANE_DISPATCHER_PATIENCE: '1s',
  DRYLANE_WORKER_TOKEN_FILE: join(fleet.root, 'token'),
});

const NOTHING = `sha256:${'0'.repeat(64)}` as const;

/** Rehearses a command that asks our server for a path with a credential, and makes the task of running it again. */
async function again(path: string, more = ''): Promise<PromotionTask> {
  const host = `${addresses().own}:${server.port}`;
  const command = `curl -s -m 5 -H "Authorization: $TOKEN" http://${host}/${path}; echo ran > a${more}`;
  const task = rehearsalTask(fleet.site, command, { mocks: { TOKEN: 'ghp_' } });
  const allowed = { ...task.allowed, network: [host], credentials: ['TOKEN'] };
  const { rehearsed } = await fleet.rehearse(command, { ...task, allowed });
  if (rehearsed.place === null) throw new Error('it has no place');
  const { blobs } = fleet;
  return {
    ...{ run: task.run, mode: 'rerun', bound: NOTHING, judgement: NOTHING, change_set: rehearsed.change_set },
    rehearsal: await keepDocument(blobs, { ...task, allowed }),
    ...{ place: rehearsed.place, evidence: rehearsed.evidence, credentials: { TOKEN: 'REAL_TOKEN' } },
  };
}

async function land(task: PromotionTask): Promise<Landed> {
  const before = await fleet.send('promote', task, ['compare', 'land']);
  if (before?.ok !== true) throw new Error(JSON.stringify(before));
  return Landed.parse(before.value);
}

const reached = async (path: string) => (await server.seen()).filter(({ url }) => url === `/${path}`);

describe('a command that runs again in a fleet', () => {
  it('runs once for real, with the real credential, and lands when it was weighed', async () => {
    const landed = await land(await again('good'));
    if (landed.result !== 'ended') throw new Error(JSON.stringify(landed));
    expect(landed.promotion).toMatchObject({ mode: 'rerun', result: 'promoted' });
    expect(await readFile(join(fleet.site, 'a'), 'utf8')).toBe('ran\n');
    expect(await reached('good')).toEqual([{ url: '/good', authorization: SECRET }]);
    const digest = landed.promotion.evidence_digest ?? NOTHING;
    const evidence = await recallDocument(fleet.blobs, Evidence, digest);
    expect(evidence).toMatchObject({ complete: true, exit_code: 0 });
    expect(JSON.stringify([evidence, worker.lines])).not.toContain(SECRET);
  });

  it('lands nothing where it did otherwise than its rehearsal', async () => {
    await writeFile(join(fleet.site, 'a'), 'before\n');
    const task = await again('other');
    divergences = [{ rule: 'surprise-path', severity: 'hold', message: 'm', paths: ['a'], step: null }];
    const landed = await land(task);
    expect(landed).toMatchObject({ result: 'ended', promotion: { result: 'diverged', divergences } });
    expect(await readFile(join(fleet.site, 'a'), 'utf8')).toBe('before\n');
  });

  it('lands, too, where the dispatcher is away just then', async () => {
    const task = await again('away', '; echo away >> a');
    weighed = () => {
      dispatcher.manner = 'fail';
      setTimeout(() => {
        dispatcher.manner = 'ledger';
      }, 500);
    };
    expect(await land(task)).toMatchObject({ promotion: { mode: 'rerun', result: 'promoted' } });
    expect(await readFile(join(fleet.site, 'a'), 'utf8')).toBe('ran\naway\n');
    expect(await reached('away')).toHaveLength(1);
  });

  it('does not run in a workspace that was touched, without its credential, or without a claim', async () => {
    const touched = await again('touched');
    await writeFile(join(fleet.site, 'b'), 'x');
    expect(await land(touched)).toMatchObject({ promotion: { mode: 'rerun', result: 'drifted' } });
    const task = await again('denied');
    const own = { ...task, credentials: { TOKEN: 'DRYLANE_WORKER_TOKEN_FILE' } };
    expect(await land(own)).toMatchObject({ result: 'untouched', reason: expect.stringContaining('TOKEN') });
    dispatcher.manner = 'fail';
    expect(await land(task)).toMatchObject({ result: 'untouched', reason: 'the dispatcher answered 502' });
    expect([...(await reached('touched')), ...(await reached('denied'))]).toEqual([]);
  });

  it('is not known to have ended where its worker was killed in the middle', async () => {
    const task = await again('killed', '; sleep 20');
    const sent = fleet.send('promote', task, ['compare', 'land']);
    while ((await reached('killed')).length === 0) await new Promise((done) => setTimeout(done, 100));
    await worker.end('SIGKILL');
    worker = await fleet.worker('live', live());
    const told = await dispatcher.heard((asked) => asked.what === 'settle' && asked.run === task.run);
    expect(told).toMatchObject({
      landed: { result: 'ended', promotion: { mode: 'rerun', result: 'unknown' } },
    });
    void sent.catch(() => undefined);
    expect(await reached('killed')).toHaveLength(1);
  });
});
