import { answersOf, COLUMNS, type Column } from '@drylane/dispatcher/http/access.fixture';
import { ROUTE_NAMES, type RouteName, routeOf } from '@drylane/dispatcher/http/table';
import { beforeAll, describe, expect, it } from 'vitest';
import { envelope, heldEnvelope, makeSite, WRITE } from './asking.ts';
import { type Client, createClient } from './client.ts';
import type { Outside } from './outside.ts';

// A balancer may keep the measures of a dispatcher from everybody.
const ROUTES = ROUTE_NAMES.filter((name) => name !== 'read-metrics');
const BOUND = `sha256:${'0'.repeat(64)}`;
const CLAIM = { owner: 'live-1', mode: 'apply', bound: BOUND };
const LANDED = { result: 'rolled-back', reason: 'the disk was full', owner: 'live-1' };

/** What all of it is asked of: what is not allowed changes nothing. */
interface Things {
  readonly directory: string;
  readonly run: string;
  readonly token: string;
  readonly schedule: string;
}

/** Whom a fleet does not let do what, from outside. */
export function accessCases(of: () => Outside): void {
  describe('every route, asked by everybody who may not', () => {
    let fleet: Outside;
    let things: Things;
    let askers: Readonly<Record<Column, Client>>;
    beforeAll(async () => {
      fleet = of();
      askers = await openAskers(fleet);
      things = await makeThings(fleet, askers);
    });

    it.each(ROUTES)('%s', async (name) => {
      const answers = answersOf(name);
      const refused = COLUMNS.filter((column) => answers[column] >= 400);
      const asked = refused.map(async (by) => [by, (await send(name, things, askers[by])).status]);
      // Nobody is known by a token that was made up.
      const expected = refused.map((by) => [by, by === 'nameless' ? 401 : answers[by]]);
      expect(await Promise.all(asked)).toEqual(expected);
    });

    it('is as it was', async () => {
      expect(await fleet.operator.get(`/v1/runs/${things.run}`)).toMatchObject({
        state: 'awaiting-live-approval',
      });
      const end = (path: string): Promise<Response> => fleet.operator.ask('DELETE', path);
      expect((await end(`/v1/schedules/${things.schedule}`)).status).toBe(204);
      expect((await end(`/v1/tokens/${things.token}`)).status).toBe(200);
    });
  });
}

/** A token that may read, of a tenant. */
export const newToken = ({ operator }: Outside) =>
  operator.post<{ readonly text: string; readonly token: { readonly id: string } }>('/v1/tokens', {
    ...{ name: 'short-lived', role: 'viewer', tenant: 'web', expires_ms: null },
  });

async function openAskers(fleet: Outside): Promise<Readonly<Record<Column, Client>>> {
  const [owner, submitter, approver, operator, viewer, worker, stranger] = await Promise.all([
    fleet.client('submitter', 'web'),
    fleet.client('submitter', 'web'),
    fleet.client('approver', 'web'),
    fleet.client('operator', 'web'),
    fleet.client('viewer', 'web'),
    fleet.client('worker', null),
    fleet.client('operator', 'ops'),
  ]);
  const [nobody, nameless] = [
    createClient(fleet.url, null),
    createClient(fleet.url, `drl_${'x'.repeat(61)}`),
  ];
  const chief = fleet.operator;
  return { nobody, nameless, owner, submitter, approver, operator, viewer, worker, stranger, chief };
}

async function makeThings(fleet: Outside, { owner }: Pick<Record<Column, Client>, 'owner'>): Promise<Things> {
  const { directory } = await makeSite(fleet, 'access');
  const { id: run } = await owner.submit(heldEnvelope(directory));
  const { id: schedule } = await owner.post<{ id: string }>('/v1/schedules', scheduleOf(directory));
  const { token } = await newToken(fleet);
  await owner.until(run, 'awaiting-live-approval');
  return { directory, run, schedule, token: token.id };
}

const scheduleOf = (directory: string) => ({ cron: '0 3 1 1 *', envelope: envelope(directory, WRITE) });

/** The request of a route that is right in all but who sends it. */
function send(name: RouteName, things: Things, by: Client): Promise<Response> {
  const { method, path, of } = routeOf(name);
  const id = of === 'token' || of === 'schedule' ? things[of] : things.run;
  const query = of === 'tenant' || of === 'tenants' ? '?tenant=web' : '';
  return by.ask(method, `${path.replace('{id}', id)}${query}`, bodyOf(name, things));
}

function bodyOf(name: RouteName, { directory }: Things): unknown {
  const bodies: Readonly<Partial<Record<RouteName, unknown>>> = {
    'submit-run': envelope(directory, WRITE),
    'decide-run': { lane: 'live', decision: 'approve', comment: null, bound: BOUND },
    'claim-run': CLAIM,
    'settle-run': LANDED,
    'take-run': CLAIM,
    'tell-run': LANDED,
    'put-workspace': new Uint8Array(1024),
    'classify-command': { command: 'ls' },
    'add-token': { name: 'mine', role: 'viewer', tenant: 'web', expires_ms: null },
    'add-schedule': scheduleOf(directory),
  };
  return bodies[name];
}
