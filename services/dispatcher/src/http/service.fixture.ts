import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Blobs } from '@drylane/chassis/blobs/blobs';
import { bindingOf } from '@drylane/proto/approval';
import { type Digest, digestOfJson } from '@drylane/proto/digest';
import type { Envelope } from '@drylane/proto/envelope';
import { DrylaneError } from '@drylane/proto/errors';
import { type RunId, runId } from '@drylane/proto/ids';
import { isEnd } from '@drylane/proto/lifecycle';
import type { Schedule } from '@drylane/proto/schedule';
import { sheetOf } from '@drylane/proto/sheet';
import type { Principal } from '../access/access.ts';
import { classify } from '../classify/classify.ts';
import { giveBack, settleClaim } from '../desk/claim.ts';
import type { Desk } from '../desk/desk.ts';
import { openDossier, standing } from '../desk/dossier.ts';
import { end, NOTHING_KNOWN } from '../desk/ending.ts';
import { keep, promotionOf, recall, receiptRefOf } from '../desk/record.ts';
import { decideRun } from '../desk/word.ts';
import type { LedgerEvent, Run } from '../ledger/event.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { SIGNER } from '../receipt/receipt.fixture.ts';
import { diffOf } from '../receipt/receipt.ts';
import { POLICY, rehearseOne } from './rehearsal.fixture.ts';
import type { Content, EventsQuery, Service, Submission, SubmitOptions } from './service.ts';

/** The service of a dispatcher whose rehearsals all end alike, over a real ledger and real blobs. */
export interface FixtureService extends Service {
  readonly ledger: Ledger;
  /** Ends the rehearsal of a run. */
  rehearse(id: RunId): Promise<void>;
  /** While it is set, the lane is full. */
  full: boolean;
  /** While it is set, a run is rehearsed as soon as it is submitted. */
  eager: boolean;
}

export function fixtureService(ledger: Ledger, blobs: Blobs): FixtureService {
  const desk: Desk = { ledger, blobs, signer: async () => SIGNER, proven: async (given) => given };
  const envelopes = new Map<string, { readonly envelope: Envelope; readonly submitter: string }>();
  const find = async (id: RunId): Promise<Run> => (await ledger.readRun(id)).run;
  const rehearse = async (id: RunId): Promise<void> => {
    const known = envelopes.get(id);
    if (known !== undefined) await rehearseOne(desk, id, known);
  };
  const service: FixtureService = {
    ...{ ledger, full: false, eager: true, rehearse, find },
    ...reading(desk),
    ...landing(desk, find),
    ...schedules(),
    async submit(who, envelope, how) {
      if (service.full) return { outcome: 'full', retryAfterS: 7 };
      const id = runId(Date.now(), randomBytes(10));
      envelopes.set(id, { envelope, submitter: who.id });
      const taken = await submit(desk, id, { who, envelope, how });
      if (taken.outcome === 'taken' && taken.isNew && service.eager) await rehearse(id);
      return taken;
    },
    list: ({ tenants, ...query }) => ledger.listRuns(tenants === 'all' ? query : { ...query, tenants }),
    keepWorkspace: (_, __, tar) => blobs.putStream(tar),
    policy: async () => ({ policy: POLICY, digest: digestOfJson(POLICY), shipped: false }),
  };
  return service;
}

async function submit(
  { ledger, blobs }: Desk,
  id: RunId,
  {
    who,
    envelope,
    how,
  }: { readonly who: Principal; readonly envelope: Envelope; readonly how: SubmitOptions },
): Promise<Submission> {
  const risk = classify(envelope.command, POLICY.risk);
  const { task = null, command, idempotency_key: key } = envelope;
  const events: LedgerEvent[] = [
    {
      ...{ type: 'submitted', task, command, owner: 'dispatcher:test', submitter: who.id },
      ...{ envelope_digest: digestOfJson(envelope), policy_digest: await keep(blobs, POLICY) },
      ...how,
    },
    { type: 'classified', score: risk.score, level: risk.level },
    { type: 'moved', to: 'rehearsing', reason: null },
  ];
  const body = digestOfJson({ envelope, how });
  const added = await ledger.submit({
    ...{ id, events, nowMs: Date.now() },
    key: key === undefined ? null : { tenant: how.tenant, key, body },
  });
  if (!('earlier' in added)) return { outcome: 'taken', run: added, isNew: true };
  if (!added.same) return { outcome: 'other-body', run: added.earlier };
  return { outcome: 'taken', run: (await ledger.readRun(added.earlier)).run, isNew: false };
}

type Reading = Pick<
  Service,
  | 'events'
  | 'report'
  | 'evidence'
  | 'patches'
  | 'sheet'
  | 'words'
  | 'receipt'
  | 'changeSet'
  | 'layer'
  | 'bases'
  | 'patch'
>;

function reading(desk: Desk): Reading {
  const { ledger, blobs } = desk;
  const changeSet = async (id: RunId) => {
    const { change_set_digest: digest } = (await ledger.readRun(id)).run;
    return recall(blobs, 'change set', digest ?? absent(id));
  };
  const content = ({ digest, size }: { digest: Digest; size: number }): Content => ({
    size,
    bytes: blobs.open(digest),
  });
  return {
    events: (id, query) => follow(ledger, id, query),
    async report(id) {
      const { run, evidence, judgement, outcome } = await openDossier(desk, id);
      const { decision, risk } = judgement;
      return {
        ...{ run_id: id, task: run.task, verdict: decision.verdict, risk, findings: decision.findings },
        ...{ evidence, state: run.state, receipt: await receiptRefOf(desk, id) },
        change_set: run.change_set_digest === null ? null : { digest: run.change_set_digest },
        promotion: await promotionOf(blobs, outcome),
      };
    },
    evidence: async (id) => (await openDossier(desk, id)).evidence,
    patches: async (id) => {
      const { patches_digest: digest } = (await ledger.readRun(id)).run;
      return recall(blobs, 'patches', digest ?? absent(id));
    },
    sheet: (id) => sheet(desk, id),
    words: async (id) => {
      const { approvals, missing } = await sheet(desk, id);
      return { approvals, missing };
    },
    receipt: async (id) => (await ledger.receiptOf(id)) ?? absent(id),
    changeSet,
    layer: async (id) => content((await changeSet(id)).layer),
    bases: async (id) => content((await changeSet(id)).bases ?? absent(id)),
    patch: async (id) => content((await changeSet(id)).layer),
  };
}

async function sheet(desk: Desk, id: RunId) {
  const dossier = await openDossier(desk, id);
  const { run, evidence, judgement, approvals, subject } = dossier;
  const now = await standing(desk, dossier, Date.now());
  const patches = await recall(desk.blobs, 'patches', run.patches_digest ?? absent(id));
  const { decision, risk, envelope, forbidden } = judgement;
  return sheetOf(
    {
      ...{ state: run.state, subject, submitter: run.submitter, envelope, forbidden, risk, evidence },
      landing: { workspace: { path: envelope.working_dir }, hosts: [], credentials: [] },
      ...{ verdict: decision.verdict, findings: decision.findings, diff: diffOf(evidence) },
      ...{ approvals: [...approvals], waits_until_ms: null },
      missing: now.status === 'missing' ? now.need - now.have : 0,
    },
    patches,
  );
}

async function* follow(ledger: Ledger, id: RunId, { after, follow, signal }: EventsQuery) {
  let last = after;
  while (!signal.aborted) {
    const { run, events } = await ledger.readRun(id);
    for (const event of events.filter(({ sequence }) => sequence > last)) {
      last = event.sequence;
      yield event;
    }
    if (!follow || (isEnd(run.state) && run.receipt_digest !== null)) return;
    await sleep(5, undefined, { signal }).catch(() => undefined);
  }
}

type Landing = Pick<Service, 'decide' | 'cancel' | 'promote' | 'claim' | 'settle' | 'take' | 'tell'>;

function landing(desk: Desk, find: (id: RunId) => Promise<Run>): Landing {
  const service: Landing = {
    async decide(who, id, { decision, comment, bound }) {
      const { subject } = await openDossier(desk, id);
      const now = bindingOf(subject);
      if (now !== bound) return { outcome: 'changed', bound: now };
      const approver = { id: who.id, proof: 'token' } as const;
      return { outcome: 'heard', ...(await decideRun(desk, id, { decision, comment, approver })) };
    },
    async cancel(_, id) {
      const moved = { type: 'moved', to: 'cancelled', reason: null } as const;
      return (await end(desk, id, [moved], NOTHING_KNOWN)).run;
    },
    promote: (who, id) => desk.ledger.append(id, [{ type: 'requested', by: who.id }], Date.now()),
    async claim(who, id, { owner, mode, bound }) {
      const { subject } = await openDossier(desk, id);
      if (bound !== bindingOf(subject)) absent(id);
      const events: LedgerEvent[] = [
        { type: 'claimed', owner, mode, bound, claimant: who.id },
        { type: 'moved', to: 'promoting', reason: null },
      ];
      return desk.ledger.append(id, events, Date.now());
    },
    async settle(_, id, landed) {
      const run = await find(id);
      if (landed.result === 'untouched' || run.promotion_mode === null) return run;
      const { owner } = landed;
      if (landed.result === 'rolled-back') await giveBack(desk, id, { mode: run.promotion_mode, owner });
      else await settleClaim(desk, await openDossier(desk, id), landed.promotion, owner);
      return find(id);
    },
    take: (who, id, claim) => service.claim(who, id, claim),
    tell: (who, id, told) => service.settle(who, id, told),
  };
  return service;
}

function schedules(): Pick<Service, 'addSchedule' | 'schedules' | 'schedule' | 'removeSchedule'> {
  const kept = new Map<string, Schedule>();
  return {
    async addSchedule(who, tenant, request) {
      const id = runId(Date.now(), randomBytes(10)).replace('run_', 'schedule_');
      const when = { created_ms: Date.now(), next_ms: null, last_run: null };
      const schedule: Schedule = { id, tenant, submitter: who.id, ...request, ...when };
      kept.set(id, schedule);
      return schedule;
    },
    schedules: async (tenants) =>
      [...kept.values()].filter(({ tenant }) => tenants === 'all' || tenants.includes(tenant)),
    schedule: async (id) => kept.get(id) ?? absent(id),
    removeSchedule: async (_, id) => void kept.delete(id),
  };
}

function absent(field: string): never {
  throw new DrylaneError('not-found', { field, message: 'is not there', mend: 'ask for something else' });
}
