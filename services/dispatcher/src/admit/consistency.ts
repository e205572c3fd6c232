import { BUILT_IN_RULES, isBuiltIn, worseOf } from '@drylane/proto/built-in';
import { nearest } from '@drylane/proto/fields';
import type { Policy } from '@drylane/proto/policy';
import { isOwnedVariable } from './environment.ts';
import { coversHost } from './hosts.ts';
import { limitProblems } from './limits.ts';
import { relativeTo } from './patterns.ts';
import { isInside } from './place.ts';

/** One thing in a policy that its schema cannot see. */
export interface Inconsistency {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly mend: string;
}

/** Everything in a policy that contradicts itself, overlaps, or would not do what it seems to say. */
export function inconsistencies(policy: Policy): readonly Inconsistency[] {
  return [
    ...limitsAboveMost(policy),
    ...overlaps(policy),
    ...absoluteForbidden(policy),
    ...credentialNames(policy),
    ...lowered(policy),
    ...ruleNames(policy),
  ];
}

function limitsAboveMost({ limits }: Policy): readonly Inconsistency[] {
  return limitProblems(limits.default, limits.max, 'limits.default').map(({ field, message, mend }) => ({
    path: field.split('.'),
    message: message.replace('policy allows', 'limits.max allows'),
    mend: `${mend}, or raise limits.max`,
  }));
}

type Covers = (wide: string, narrow: string) => boolean;

const same: Covers = (a, b) => a === b;

function overlaps(policy: Policy): readonly Inconsistency[] {
  const inside: Covers = (root, path) => isInside(plain(path), plain(root));
  return [
    ...overlapsIn(policy.workspaces?.roots ?? [], ['workspaces', 'roots'], inside),
    ...Object.entries(policy.workspaces?.tenants ?? {}).flatMap(([tenant, roots]) =>
      overlapsIn(roots, ['workspaces', 'tenants', tenant], inside),
    ),
    ...overlapsIn(policy.images.allowed, ['images', 'allowed'], same),
    ...overlapsIn(policy.network.declarable, ['network', 'declarable'], coversHost),
    ...overlapsIn(policy.forbidden_paths, ['forbidden_paths'], same),
  ];
}

/** Entries that another entry makes meaningless: somebody will edit the one and wonder why nothing changes. */
function overlapsIn(
  entries: readonly string[],
  path: readonly string[],
  covers: Covers,
): readonly Inconsistency[] {
  return entries.flatMap((entry, index): Inconsistency[] => {
    const wider = entries.findIndex(
      (other, at) => at !== index && covers(other, entry) && (at < index || !covers(entry, other)),
    );
    if (wider < 0) return [];
    return [
      {
        path: [...path, index],
        message: `overlaps entry ${wider + 1}, which covers it`,
        mend: 'remove one of the two',
      },
    ];
  });
}

function absoluteForbidden({ forbidden_paths, workspaces }: Policy): readonly Inconsistency[] {
  return forbidden_paths.flatMap((pattern, index): Inconsistency[] => {
    const roots = [...(workspaces?.roots ?? []), ...Object.values(workspaces?.tenants ?? {}).flat()];
    const root = roots.find((candidate) => relativeTo(pattern, candidate) !== undefined);
    if (root === undefined) return [];
    return [
      {
        path: ['forbidden_paths', index],
        message: `lies inside the workspaces below ${root}, and a leading / means outside them`,
        mend: "write it from a workspace's root, such as secrets/ or **/secrets/",
      },
    ];
  });
}

function credentialNames({ credentials }: Policy): readonly Inconsistency[] {
  return Object.keys(credentials)
    .filter(isOwnedVariable)
    .map((name) => ({
      path: ['credentials', name],
      message: 'is a variable that the sandbox sets itself',
      mend: 'give the credential another name',
    }));
}

const RANKED = ['note', 'hold', 'inconclusive', 'block'] as const;

/** A built-in finding can be made worse, never better. */
function lowered({ severities }: Policy): readonly Inconsistency[] {
  return Object.entries(severities).flatMap(([name, severity]): Inconsistency[] => {
    const path = ['severities', name];
    if (!isBuiltIn(name)) {
      const names = Object.keys(BUILT_IN_RULES);
      const near = nearest(name, names);
      const mend = near === undefined ? `write one of ${names.join(', ')}` : `did you mean ${near}?`;
      return [{ path, message: 'is not a built-in rule', mend }];
    }
    const least = BUILT_IN_RULES[name];
    if (worseOf(severity, least) === severity) return [];
    const worse = RANKED.slice(RANKED.indexOf(least)).filter((word) => word !== 'inconclusive');
    return [
      {
        path,
        message: `is ${severity}, and ${name} is ${least} built in: a policy can raise that, never lower it`,
        mend: `write ${worse.join(' or ')}, or remove it`,
      },
    ];
  });
}

// A finding under such a name tells that a live run was another than its rehearsal.
const DIVERGED = 'diverged-';

function ruleNames({ rules }: Policy): readonly Inconsistency[] {
  return rules.flatMap(({ name }, index): Inconsistency[] => {
    const path = ['rules', index, 'name'];
    const mend = 'give the rule a name of its own';
    if (isBuiltIn(name))
      return [
        {
          path,
          message: `is ${name}, a built-in rule: a policy can add to it or raise it, never replace it`,
          mend: `${mend}; to raise the built-in one, use severities`,
        },
      ];
    if (name.startsWith(DIVERGED))
      return [{ path, message: `begins with ${DIVERGED}, as findings of live runs do`, mend }];
    const first = rules.findIndex((rule) => rule.name === name);
    return first === index ? [] : [{ path, message: `is the name of rule ${first + 1}, too`, mend }];
  });
}

function plain(path: string): string {
  return `/${path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')}`;
}
