import { mayBeOfAllTenants, type Role } from '@drylane/proto/access';

/** A role, and where it counts; a tenant of null is all of them. */
export interface Grant {
  readonly role: Role;
  readonly tenant: string | null;
}

/** Who asks. */
export interface Principal {
  /** `token:NAME` or `oidc:ISSUER#SUBJECT`: whom records name, as submitter and as approver. */
  readonly id: string;
  readonly via: 'token' | 'oidc';
  /** None for somebody whom an issuer knows and policy makes nothing. */
  readonly grants: readonly Grant[];
}

/** What an action is done to. */
export type Resource =
  /** What is of the whole fleet, and the same for all tenants. */
  | { readonly kind: 'fleet' }
  /** What belongs to one tenant, such as a new run; null: to all of them, such as an operator's token. */
  | { readonly kind: 'tenant'; readonly tenant: string | null }
  | {
      readonly kind: 'run';
      readonly tenant: string;
      /** The ids of the principals who submitted it and who claimed it. */
      readonly submitter: string | null;
      readonly claimant: string | null;
    };

/** What each action is done to. */
const ACTED_ON = {
  'submit-run': 'tenant',
  'read-run': 'run',
  'list-runs': 'tenant',
  'read-evidence': 'run',
  'read-diff': 'run',
  'read-receipt': 'run',
  'follow-events': 'run',
  'approve-run': 'run',
  'reject-run': 'run',
  'cancel-run': 'run',
  'promote-run': 'run',
  'put-workspace': 'tenant',
  'read-policy': 'fleet',
  'read-risk': 'fleet',
  'read-change-set': 'run',
  'claim-run': 'run',
  'settle-run': 'run',
  'take-run': 'run',
  'tell-run': 'run',
  'manage-tokens': 'tenant',
  'add-schedule': 'tenant',
  'list-schedules': 'tenant',
  // A schedule is runs to come.
  'remove-schedule': 'run',
  'read-metrics': 'fleet',
} as const satisfies Readonly<Record<string, Resource['kind']>>;

export type Action = keyof typeof ACTED_ON;
export const ACTIONS = Object.keys(ACTED_ON) as readonly Action[];

/** What {@link decideAccess} has to know of what an action is done to. */
export type ResourceOf<A extends Action> = Extract<Resource, { kind: (typeof ACTED_ON)[A] }>;

/** `own`: of what it submitted; `others`: of what somebody else submitted; `claimed`: of what it claimed. */
export type Cell = 'yes' | 'no' | 'own' | 'others' | 'claimed';

type Row = Readonly<Record<Role, Cell>>;

const READERS: Row = { submitter: 'yes', approver: 'yes', operator: 'yes', viewer: 'yes', worker: 'no' };
const LANDED: Row = { ...READERS, worker: 'claimed' };
const DECIDERS: Row = { submitter: 'no', approver: 'yes', operator: 'yes', viewer: 'no', worker: 'no' };
const ASKERS: Row = { submitter: 'yes', approver: 'no', operator: 'yes', viewer: 'no', worker: 'no' };
const OPERATORS: Row = { submitter: 'no', approver: 'no', operator: 'yes', viewer: 'no', worker: 'no' };
const WORKERS: Row = { submitter: 'no', approver: 'no', operator: 'no', viewer: 'no', worker: 'yes' };

/** Who may do what; an action or a role that is missing here is a type error. */
export const ACCESS: Readonly<Record<Action, Row>> = {
  'submit-run': ASKERS,
  'read-run': LANDED,
  'list-runs': READERS,
  'read-evidence': LANDED,
  'read-diff': READERS,
  'read-receipt': READERS,
  'follow-events': READERS,
  'approve-run': { ...DECIDERS, approver: 'others', operator: 'others' },
  'reject-run': DECIDERS,
  'cancel-run': { ...OPERATORS, submitter: 'own' },
  'promote-run': { ...OPERATORS, submitter: 'own' },
  'put-workspace': ASKERS,
  'read-policy': { ...READERS, worker: 'yes' },
  'read-risk': READERS,
  // Contents as they are, not scrubbed as diffs are: not for whoever only looks, nor for another agent.
  'read-change-set': { ...DECIDERS, submitter: 'own', worker: 'claimed' },
  'claim-run': WORKERS,
  'settle-run': { ...WORKERS, worker: 'claimed' },
  // Of what no worker reaches: it lands where those who ask for it have its files.
  'take-run': { ...OPERATORS, submitter: 'own' },
  'tell-run': { ...OPERATORS, submitter: 'claimed', operator: 'claimed' },
  'manage-tokens': OPERATORS,
  'add-schedule': ASKERS,
  'list-schedules': READERS,
  'remove-schedule': { ...OPERATORS, submitter: 'own' },
  'read-metrics': { ...OPERATORS, viewer: 'yes' },
};

export type Access = 'allowed' | 'forbidden' | 'not-found';

/**
 * Whether somebody may do something. What does not exist is handed in as undefined, and what is another tenant's gets
 * the same answer, so that nobody learns from it what other tenants have.
 */
export function decideAccess<A extends Action>(
  principal: Principal,
  action: A,
  resource: ResourceOf<A> | undefined,
): Access {
  // The same for all there is and all there is not.
  if (principal.grants.length === 0) return 'forbidden';
  if (resource === undefined) return 'not-found';
  const reaching = principal.grants.filter((grant) => reaches(grant, resource));
  if (reaching.length === 0) return 'not-found';
  if (action === 'approve-run' && isAgent(principal)) return 'forbidden';
  const allowed = reaching.some(({ role }) => allows(ACCESS[action][role], principal.id, resource));
  return allowed ? 'allowed' : 'forbidden';
}

/** The tenants in which somebody may do something to anything at all: what is listed, where a new run can be. */
export function tenantsFor(principal: Principal, action: Action): readonly string[] | 'all' {
  const grants = principal.grants.filter(({ role }) => ACCESS[action][role] !== 'no');
  if (grants.some(isWide)) return 'all';
  return [...new Set(grants.flatMap(({ tenant }) => tenant ?? []))].sort();
}

/** A token that submits is an agent's, whatever else it was given. */
function isAgent({ via, grants }: Principal): boolean {
  return via === 'token' && grants.some(({ role }) => role === 'submitter');
}

const isWide = ({ role, tenant }: Grant): boolean => tenant === null && mayBeOfAllTenants(role);

function reaches(grant: Grant, resource: Resource): boolean {
  if (resource.kind === 'fleet' || isWide(grant)) return true;
  return grant.tenant !== null && grant.tenant === resource.tenant;
}

/** Where it is not known who submitted or claimed a run, it was nobody. */
function allows(cell: Cell, id: string, resource: Resource): boolean {
  if (cell === 'yes' || cell === 'no') return cell === 'yes';
  if (resource.kind !== 'run') return false;
  const { submitter, claimant } = resource;
  if (cell === 'claimed') return claimant === id;
  return submitter !== null && (submitter === id) === (cell === 'own');
}
