import { ROLES, type Role } from '@drylane/proto/access';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ACCESS,
  ACTIONS,
  type Action,
  type Cell,
  decideAccess,
  type Grant,
  type Principal,
  type Resource,
  type ResourceOf,
  tenantsFor,
} from './access.ts';

// Every cell, written out: submitter, approver, operator, viewer, worker.
const CELLS: Readonly<Record<Action, readonly [Cell, Cell, Cell, Cell, Cell]>> = {
  'submit-run': ['yes', 'no', 'yes', 'no', 'no'],
  'read-run': ['yes', 'yes', 'yes', 'yes', 'claimed'],
  'list-runs': ['yes', 'yes', 'yes', 'yes', 'no'],
  'read-evidence': ['yes', 'yes', 'yes', 'yes', 'claimed'],
  'read-diff': ['yes', 'yes', 'yes', 'yes', 'no'],
  'read-receipt': ['yes', 'yes', 'yes', 'yes', 'no'],
  'follow-events': ['yes', 'yes', 'yes', 'yes', 'no'],
  'approve-run': ['no', 'others', 'others', 'no', 'no'],
  'reject-run': ['no', 'yes', 'yes', 'no', 'no'],
  'cancel-run': ['own', 'no', 'yes', 'no', 'no'],
  'promote-run': ['own', 'no', 'yes', 'no', 'no'],
  'put-workspace': ['yes', 'no', 'yes', 'no', 'no'],
  'read-policy': ['yes', 'yes', 'yes', 'yes', 'yes'],
  'read-risk': ['yes', 'yes', 'yes', 'yes', 'no'],
  'read-change-set': ['own', 'yes', 'yes', 'no', 'claimed'],
  'claim-run': ['no', 'no', 'no', 'no', 'yes'],
  'settle-run': ['no', 'no', 'no', 'no', 'claimed'],
  'take-run': ['own', 'no', 'yes', 'no', 'no'],
  'tell-run': ['claimed', 'no', 'claimed', 'no', 'no'],
  'manage-tokens': ['no', 'no', 'yes', 'no', 'no'],
  'add-schedule': ['yes', 'no', 'yes', 'no', 'no'],
  'list-schedules': ['yes', 'yes', 'yes', 'yes', 'no'],
  'remove-schedule': ['own', 'no', 'yes', 'no', 'no'],
  'read-metrics': ['no', 'no', 'yes', 'yes', 'no'],
};

type Run = Extract<Resource, { kind: 'run' }>;

const ME = 'token:me';
const OTHER = 'oidc:https://login.example.com#7';
const FLEET: readonly Action[] = ['read-policy', 'read-risk', 'read-metrics'];
const TENANT: readonly Action[] = [
  'submit-run',
  'list-runs',
  'put-workspace',
  'manage-tokens',
  'add-schedule',
  'list-schedules',
];

const runOf = (over: Partial<Run> = {}): Run => ({
  kind: 'run',
  tenant: 'web',
  submitter: null,
  claimant: null,
  ...over,
});

/** What an action is done to, of a tenant; a run is as it is told to be. */
function resourceOf(action: Action, tenant: string, over: Partial<Run> = {}): ResourceOf<Action> {
  if (FLEET.includes(action)) return { kind: 'fleet' };
  return TENANT.includes(action) ? { kind: 'tenant', tenant } : runOf({ ...over, tenant });
}

const principal = (grants: readonly Grant[], over: Partial<Principal> = {}): Principal => ({
  id: ME,
  via: 'token',
  grants,
  ...over,
});
const inWeb = (...roles: readonly Role[]): Principal =>
  principal(roles.map((role) => ({ role, tenant: 'web' })));

describe('every action of every role', () => {
  const rows = ACTIONS.flatMap((action) =>
    ROLES.map((role, index) => ({ action, role, cell: CELLS[action][index] ?? 'no' })),
  );

  it.each(rows)('$action by $role: $cell', ({ action, role, cell }) => {
    expect(ACCESS[action][role]).toBe(cell);
    const decide = (over: Partial<Run>) => decideAccess(inWeb(role), action, resourceOf(action, 'web', over));
    const yes = (...cells: readonly Cell[]) => (cells.includes(cell) ? 'allowed' : 'forbidden');
    expect(decide({ submitter: OTHER, claimant: OTHER })).toBe(yes('yes', 'others'));
    expect(decide({ submitter: ME, claimant: OTHER })).toBe(yes('yes', 'own'));
    expect(decide({ submitter: OTHER, claimant: ME })).toBe(yes('yes', 'others', 'claimed'));
    expect(decide({ submitter: null, claimant: null })).toBe(yes('yes'));
  });

  it('stands in the table, and no other', () => {
    expect(Object.keys(ACCESS)).toEqual([...ACTIONS]);
    expect(new Set(rows.map(({ action }) => action)).size).toBe(24);
    for (const row of Object.values(ACCESS)) expect(Object.keys(row).sort()).toEqual([...ROLES].sort());
  });
});

const role = fc.constantFrom(...ROLES);
const tenant = fc.constantFrom('web', 'ops', 'db');
const grant: fc.Arbitrary<Grant> = fc.record({ role, tenant: fc.option(tenant, { freq: 4 }) });
const id = fc.constantFrom(ME, OTHER, 'token:ada');
const anybody: fc.Arbitrary<Principal> = fc.record({
  id,
  via: fc.constantFrom('token', 'oidc'),
  grants: fc.array(grant, { maxLength: 4 }),
});
const action = fc.constantFrom(...ACTIONS);
const people = fc.record({ submitter: fc.option(id), claimant: fc.option(id) });
const isWide = ({ role, tenant }: Grant): boolean =>
  tenant === null && (role === 'operator' || role === 'worker');

describe('a tenant', () => {
  it('is answered the same for what is of another tenant as for what is not there', () => {
    fc.assert(
      fc.property(anybody, action, tenant, people, (who, what, of, run) => {
        fc.pre(!FLEET.includes(what));
        fc.pre(!who.grants.some((grant) => isWide(grant) || grant.tenant === of));
        const answer = decideAccess(who, what, resourceOf(what, of, run));
        expect(answer).toBe(decideAccess(who, what, undefined));
        expect(answer).toBe(who.grants.length === 0 ? 'forbidden' : 'not-found');
      }),
    );
  });

  it('lets a role count in its own tenant alone', () => {
    fc.assert(
      fc.property(anybody, action, tenant, people, (who, what, of, run) => {
        fc.pre(!FLEET.includes(what));
        const there = who.grants.filter((grant) => isWide(grant) || grant.tenant === of);
        const resource = resourceOf(what, of, run);
        const asked = decideAccess(who, what, resource);
        // With the other grants taken away, at most the way of saying no is another.
        const alone = decideAccess({ ...who, grants: there }, what, resource);
        if (asked === 'allowed') expect(alone).toBe('allowed');
      }),
    );
  });

  it('of null is nothing to a role that may not be of all', () => {
    for (const role of ['submitter', 'approver', 'viewer'] as const)
      for (const action of ACTIONS)
        if (!FLEET.includes(action))
          expect(decideAccess(principal([{ role, tenant: null }]), action, resourceOf(action, 'web'))).toBe(
            'not-found',
          );
  });

  it('has its operators make no token for all tenants, which would be more than they are', () => {
    const all: Resource = { kind: 'tenant', tenant: null };
    expect(decideAccess(inWeb('operator'), 'manage-tokens', all)).toBe('not-found');
    const wide = principal([{ role: 'operator', tenant: null }]);
    expect(decideAccess(wide, 'manage-tokens', all)).toBe('allowed');
    expect(decideAccess(wide, 'manage-tokens', { kind: 'tenant', tenant: 'web' })).toBe('allowed');
  });

  it('is among those that are listed exactly where something in it is allowed', () => {
    fc.assert(
      fc.property(anybody, action, tenant, (who, what, of) => {
        fc.pre(!FLEET.includes(what));
        const tenants = tenantsFor({ ...who, via: 'oidc' }, what);
        const runs: Partial<Run>[] = [
          { submitter: who.id, claimant: who.id },
          { submitter: 'x', claimant: 'x' },
        ];
        const can = runs.some(
          (run) => decideAccess({ ...who, via: 'oidc' }, what, resourceOf(what, of, run)) === 'allowed',
        );
        expect(tenants === 'all' || tenants.includes(of)).toBe(can);
      }),
    );
  });
});

describe('whoever', () => {
  it('submitted a run does not approve it, whatever roles it has', () => {
    fc.assert(
      fc.property(anybody, tenant, fc.option(id), (who, of, claimant) => {
        const own = runOf({ tenant: of, submitter: who.id, claimant });
        expect(decideAccess(who, 'approve-run', own)).not.toBe('allowed');
      }),
    );
  });

  it('has the token of an agent approves nothing, whatever else it was made', () => {
    const agent = inWeb('submitter', 'approver', 'operator');
    expect(decideAccess(agent, 'approve-run', runOf({ submitter: OTHER }))).toBe('forbidden');
    const person = { ...agent, via: 'oidc' } as const;
    expect(decideAccess(person, 'approve-run', runOf({ submitter: OTHER }))).toBe('allowed');
  });

  it('approves what nobody knows who submitted, is refused', () => {
    expect(decideAccess(inWeb('approver'), 'approve-run', runOf())).toBe('forbidden');
  });

  it('is a viewer changes nothing, and a worker does nothing but work', () => {
    const allowedFor = (role: Role) => ACTIONS.filter((action) => ACCESS[action][role] !== 'no');
    expect(allowedFor('viewer').filter((action) => !/^(?:read|list|follow)-/.test(action))).toEqual([]);
    expect(allowedFor('worker').sort()).toEqual(
      ['claim-run', 'read-change-set', 'read-evidence', 'read-policy', 'read-run', 'settle-run'].sort(),
    );
  });

  it('has no role is forbidden everything, there or not', () => {
    for (const action of ACTIONS)
      for (const resource of [undefined, resourceOf(action, 'web', { submitter: ME, claimant: ME })])
        expect(decideAccess(principal([], { via: 'oidc' }), action, resource)).toBe('forbidden');
  });
});
