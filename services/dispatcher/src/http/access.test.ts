import { digestOf } from '@drylane/proto/digest';
import type { RunId } from '@drylane/proto/ids';
import { Sheet } from '@drylane/proto/sheet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersOf, CELLS, COLUMNS, type Column } from './access.fixture.ts';
import { type Asker, ENVELOPE, GIT_ENVELOPE, openPlace, type Place, type Sent } from './server.fixture.ts';
import { ROUTE_NAMES, ROUTES, type RouteName, routeOf } from './table.ts';

const CLAIM = { owner: 'live-1', mode: 'apply' };
const LANDED = {
  ...{ result: 'rolled-back', reason: 'the disk was full', owner: 'live-1' },
} as const;

let place: Place;
/** A run that waits, one on a git tree that does, and one that has ended; nobody changes them. */
let still: RunId;
let tree: RunId;
let ended: RunId;
beforeAll(async () => {
  place = await openPlace();
  [still, tree, ended] = [await waiting(), await place.rehearse(GIT_ENVELOPE), await waiting()];
  await decide(ended, 'approver', 'reject');
});
afterAll(async () => place[Symbol.asyncDispose]());

/** A run of the owner's that waits for somebody to agree that it lands. */
const waiting = (): Promise<RunId> => place.rehearse();

async function boundOf(id: RunId): Promise<string> {
  const answer = await place.ask(`/v1/runs/${id}/subject`);
  return Sheet.parse(await answer.json()).bound;
}

const decide = async (id: RunId, as: Asker, decision: 'approve' | 'reject'): Promise<Response> =>
  place.ask(`/v1/runs/${id}/approvals`, {
    as,
    json: { lane: 'live', decision, bound: await boundOf(id) },
  });

async function promotable(envelope: object = ENVELOPE): Promise<RunId> {
  const id = await place.rehearse(envelope);
  await decide(id, 'approver', 'approve');
  return id;
}

/** The request of a route that is right in all but who sends it; one that changes something, on a run of its own. */
async function requestOf(name: RouteName, changes: boolean): Promise<readonly [path: string, sent: Sent]> {
  const { path, method } = routeOf(name);
  const of = (id: string): string => path.replace('{id}', id);
  switch (name) {
    case 'submit-run':
      return [`${path}?tenant=web`, { json: ENVELOPE }];
    case 'list-runs':
    case 'list-tokens':
    case 'list-schedules':
      return [`${path}?tenant=web`, {}];
    case 'follow-events':
      return [`${of(still)}?follow=false`, {}];
    case 'decide-run': {
      const id = changes ? await waiting() : still;
      return [of(id), { json: { lane: 'live', decision: 'approve', bound: await boundOf(id) } }];
    }
    case 'read-patch':
      return [of(tree), {}];
    case 'read-receipt':
      return [of(ended), {}];
    case 'take-run': {
      const id = changes ? await promotable(GIT_ENVELOPE) : tree;
      return [of(id), { json: { ...CLAIM, bound: await boundOf(id) } }];
    }
    case 'claim-run': {
      const id = changes ? await promotable() : still;
      return [of(id), { json: { ...CLAIM, bound: await boundOf(id) } }];
    }
    case 'settle-run': {
      const id = changes ? await promotable() : still;
      const json = { ...CLAIM, bound: await boundOf(id) };
      if (changes) await place.ask(`/v1/runs/${id}/claim`, { as: 'worker', json });
      return [of(id), { json: LANDED }];
    }
    case 'tell-run': {
      const id = changes ? await promotable(GIT_ENVELOPE) : tree;
      const json = { ...CLAIM, bound: await boundOf(id) };
      if (changes) await place.ask(`/v1/runs/${id}/take`, { as: 'owner', json });
      return [of(id), { json: LANDED }];
    }
    case 'put-workspace':
      return [`${path}?tenant=web`, { body: 'a tar', headers: { 'content-type': 'application/x-tar' } }];
    case 'classify-command':
      return [path, { json: { command: 'ls' } }];
    case 'add-token':
      return [path, { json: { name: `t-${n++}`, role: 'viewer', tenant: 'web', expires_ms: null } }];
    case 'revoke-token':
      return [of(await newToken()), { method }];
    case 'add-schedule':
      return [`${path}?tenant=web`, { json: SCHEDULE }];
    case 'remove-schedule': {
      const answer = await place.ask('/v1/schedules?tenant=web', { as: 'owner', json: SCHEDULE });
      return [of(((await answer.json()) as { id: string }).id), { method }];
    }
    default:
      return [of(method === 'GET' || !changes ? still : await waiting()), { method }];
  }
}

const SCHEDULE = { cron: '0 3 * * *', envelope: ENVELOPE };
let n = 0;

async function newToken(): Promise<string> {
  const json = { name: `t-${n++}`, role: 'viewer', tenant: 'web', expires_ms: null };
  const answer = await place.ask('/v1/tokens', { json });
  return ((await answer.json()) as { token: { id: string } }).token.id;
}

const asColumn = (column: Column): Sent => {
  if (column === 'nobody') return { as: null };
  if (column === 'nameless') return { as: null, headers: { authorization: 'Bearer nothing-at-all' } };
  return { as: column as Asker };
};

describe('every route, asked by everybody', () => {
  it.each(ROUTE_NAMES)('%s', async (name) => {
    const expected = answersOf(name);
    const found: Partial<Record<Column, number>> = {};
    for (const column of COLUMNS) {
      const [path, sent] = await requestOf(name, expected[column] < 400);
      const as = asColumn(column);
      const answer = await place.ask(path, { ...sent, ...as, headers: { ...sent.headers, ...as.headers } });
      found[column] = answer.status;
      const type = answer.headers.get('content-type');
      if (answer.status >= 400) expect(type).toBe('application/problem+json');
      if (answer.status === 401)
        expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="drylane"');
      await answer.arrayBuffer();
    }
    expect(found).toEqual(expected);
  });

  it('is a route of the table, and there is no other', async () => {
    expect(Object.keys(CELLS).sort()).toEqual([...ROUTE_NAMES].sort());
    const known = new Set(Object.values(ROUTES).map(({ method, path }) => `${method} ${path}`));
    const paths = new Set(Object.values(ROUTES).map(({ path }) => path));
    const id = await waiting();
    for (const path of paths)
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'])
        if (!known.has(`${method} ${path}`)) {
          const answer = await place.ask(path.replace('{id}', id), { as: 'chief', method });
          expect([method, path, answer.status]).toEqual([method, path, 404]);
        }
  });
});

describe('another tenant', () => {
  it('is answered the same for what is there as for what is not', async () => {
    const [there, absent] = [await waiting(), `run_${'0'.repeat(26)}`];
    const told = async (id: string) => {
      const { instance: _, ...rest } = (await (
        await place.ask(`/v1/runs/${id}/evidence`, { as: 'stranger' })
      ).json()) as { instance: string };
      return JSON.stringify(rest).replaceAll(id, 'ID');
    };
    expect(await told(there)).toBe(await told(absent));
  });

  it('sees none of these in a list', async () => {
    await waiting();
    const answer = await place.ask('/v1/runs', { as: 'stranger' });
    expect(await answer.json()).toEqual({ runs: [], next: null });
  });
});

describe('a worker', () => {
  it('reads of the run that it claimed what it needs to land it, and of no other', async () => {
    const [claimed, other] = [await promotable(), await promotable()];
    const json = { ...CLAIM, bound: await boundOf(claimed) };
    await place.ask(`/v1/runs/${claimed}/claim`, { as: 'worker', json });
    const statuses = async (id: RunId) =>
      Promise.all(
        ['', '/change-set', '/change-set/layer', '/evidence', '/diff', '/receipt'].map(
          async (path) => (await place.ask(`/v1/runs/${id}${path}`, { as: 'worker' })).status,
        ),
      );
    expect(await statuses(claimed)).toEqual([200, 200, 200, 200, 403, 403]);
    expect(await statuses(other)).toEqual([403, 403, 403, 403, 403, 403]);
  });

  it('says what became of a run, however many paths had drifted', async () => {
    const id = await promotable();
    const json = { ...CLAIM, bound: await boundOf(id) };
    await place.ask(`/v1/runs/${id}/claim`, { as: 'worker', json });
    const drifts = Array.from({ length: 50_000 }, (_, n) => ({
      ...{ path: `blog/${n}.md`, expected: 'a file of 10 bytes', found: 'nothing' },
    }));
    const nothing = { merged: [], divergences: [], conflicts: [], evidence_digest: null };
    const promotion = { mode: 'apply', result: 'drifted', ...nothing, drifts };
    const landed = { result: 'ended', promotion, owner: 'live-1' };
    const answer = await place.ask(`/v1/runs/${id}/settle`, { as: 'worker', json: landed });
    expect(await answer.json()).toMatchObject({ state: 'drifted', promotion_result: 'drifted' });
    const report = await place.ask(`/v1/runs/${id}/report`);
    expect(((await report.json()) as { promotion: unknown }).promotion).toEqual(promotion);
  });
});

describe('a submitter', () => {
  it('may not reject either, and the digest they saw does not help', async () => {
    const id = await waiting();
    for (const decision of ['approve', 'reject'] as const)
      expect((await decide(id, 'owner', decision)).status).toBe(403);
  });

  it('cannot approve what somebody was not shown', async () => {
    const json = { lane: 'live', decision: 'approve', bound: digestOf('another thing') };
    const answer = await place.ask(`/v1/runs/${await waiting()}/approvals`, { as: 'approver', json });
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ type: 'https://drylane.dev/problems/conflict' });
  });
});
