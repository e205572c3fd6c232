import { DrylaneError } from '@drylane/proto/errors';
import { RunId } from '@drylane/proto/ids';
import { ScheduleId } from '@drylane/proto/schedule';
import {
  type Access,
  type Action,
  decideAccess,
  type Principal,
  type ResourceOf,
  tenantsFor,
} from '../access/access.ts';
import type { Run } from '../ledger/event.ts';
import type { Desk, Targets } from './handler.ts';
import { type Refusal, refusal } from './problem.ts';
import type { Tenants } from './service.ts';
import type { Acted, Route } from './table.ts';
import { TokenId } from './wire.ts';

/** A request as far as it matters for whether it is allowed. */
export interface Request {
  /** Null where nobody said who they are. */
  readonly who: Principal | null;
  readonly id: string | undefined;
  /** The tenant that its query names. */
  readonly tenant: string | undefined;
  readonly body: unknown;
}

export type Guarded<A extends Acted = Acted> =
  | { readonly allowed: true; readonly target: Targets[A] }
  | { readonly allowed: false; readonly refusal: Refusal };

/** Whether somebody may do it to anything at all; else what they send is not even read. */
export function mayEver(route: Route, who: Principal): boolean {
  if (route.action === null) return true;
  const actions: readonly Action[] =
    route.action === 'approve-run' ? ['approve-run', 'reject-run'] : [route.action];
  return actions.some((action) => tenantsFor(who, action).length > 0);
}

/**
 * Decides on every request that is not open to everybody, before anything of what it asks for is read. It looks up what
 * the request acts on; what is not there and what is another tenant's have the same answer.
 */
export async function guard(
  route: Route,
  request: Request,
  { service, tokens }: Pick<Desk, 'service' | 'tokens'>,
): Promise<Guarded> {
  const { who, id = '' } = request;
  const action = route.action;
  if (action === null) return { allowed: true, target: null };
  // Nobody comes here unless a route was registered without its door.
  if (who === null) return refused('forbidden', id);
  switch (route.of) {
    case 'open':
      // A route that is open has no action: this one is in two minds.
      return refused('forbidden', id);
    case 'fleet':
      return decided(who, action, { kind: 'fleet' }, null, id);
    case 'tenants':
      return tenantsAsked(who, action, request.tenant);
    case 'tenant': {
      const tenant = tenantMeant(who, action, request.tenant);
      return typeof tenant === 'string'
        ? decided(who, action, { kind: 'tenant', tenant }, tenant, tenant)
        : { allowed: false, refusal: tenant };
    }
    case 'new-token':
      return decided(who, action, { kind: 'tenant', tenant: tenantOf(request.body) }, null, 'tenant');
    case 'run': {
      const run = await found(RunId.safeParse(id).data, (name) => service.find(name));
      return decided(who, wordAction(action, request.body), run && runOf(run), run, id);
    }
    case 'token': {
      const token = await found(TokenId.safeParse(id).data, (name) => tokens.read(name));
      return decided(who, action, token && { kind: 'tenant', tenant: token.tenant }, token, id);
    }
    case 'schedule': {
      const schedule = await found(ScheduleId.safeParse(id).data, (name) => service.schedule(name));
      const { tenant = '', submitter = null } = schedule ?? {};
      const ofRuns = { kind: 'run', tenant, submitter, claimant: null } as const;
      return decided(who, action, schedule && ofRuns, schedule, id);
    }
    default:
      return route.of satisfies never;
  }
}

/** What is there under an id; undefined where nothing is. */
async function found<I, T>(
  id: I | undefined,
  find: (id: I) => Promise<T | undefined>,
): Promise<T | undefined> {
  if (id === undefined) return undefined;
  return find(id).catch((fault: unknown) => {
    if (fault instanceof DrylaneError && fault.code === 'not-found') return undefined;
    throw fault;
  });
}

/** Whose a run is; one without a tenant was made on a machine of its own, and is nobody's here. */
function runOf({ tenant, submitter, claimant }: Run): ResourceOf<'read-run'> | undefined {
  return tenant === null ? undefined : { kind: 'run', tenant, submitter, claimant };
}

/** Approving and rejecting come by the same route, and not everybody who may do one may do the other. */
function wordAction(action: Action, body: unknown): Action {
  if (action !== 'approve-run') return action;
  const isReject =
    typeof body === 'object' && body !== null && 'decision' in body && body.decision === 'reject';
  return isReject ? 'reject-run' : 'approve-run';
}

function tenantOf(body: unknown): string | null {
  const named = typeof body === 'object' && body !== null && 'tenant' in body ? body.tenant : null;
  return typeof named === 'string' ? named : null;
}

function decided<T extends Targets[Acted]>(
  who: Principal,
  action: Action,
  resource: ResourceOf<Action> | undefined,
  target: T | undefined,
  field: string,
): Guarded {
  const access: Access = decideAccess(who, action, resource);
  if (access !== 'allowed' || target === undefined)
    return refused(access === 'forbidden' ? 'forbidden' : 'not-found', field);
  return { allowed: true, target };
}

/** The tenants whose things are listed: all that they may see, or the one that they name. */
function tenantsAsked(who: Principal, action: Action, named: string | undefined): Guarded {
  const all: Tenants = tenantsFor(who, action);
  if (named === undefined)
    return all.length === 0 ? refused('forbidden', 'tenant') : { allowed: true, target: all };
  if (all !== 'all' && !all.includes(named)) return refused('not-found', named);
  return { allowed: true, target: [named] };
}

/** The tenant that a new thing is of: the one that they name, or else the only one that they can mean. */
function tenantMeant(who: Principal, action: Action, named: string | undefined): string | Refusal {
  if (named !== undefined) return named;
  const all = tenantsFor(who, action);
  const [only] = all;
  if (all !== 'all' && all.length === 1 && only !== undefined) return only;
  return refusal(
    'bad-input',
    'tenant',
    'is missing, and could be several',
    'name one: ?tenant=NAME; or send a token of one tenant',
  );
}

function refused(code: 'forbidden' | 'not-found', field: string): Guarded {
  const what =
    code === 'forbidden'
      ? refusal(code, field, 'your roles do not allow this', 'ask an operator for a token that may')
      : refusal(code, field, 'is nothing that is known to you', 'check its name, and whose token you send');
  return { allowed: false, refusal: what };
}
