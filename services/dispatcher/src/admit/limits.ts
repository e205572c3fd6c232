import type { Problem } from '@drylane/proto/errors';
import { type Limits, type LimitValues, limitValues } from '@drylane/proto/limits';
import type { Policy } from '@drylane/proto/policy';

/** What holds where a policy names no maximum: leaving one out must not mean that there is none. */
export const MOST: Required<Limits> = {
  timeout: '15m',
  memory: '4Gi',
  cpus: 2,
  pids: 1024,
  disk: '4Gi',
  output: '8Mi',
};

const VALUE_OF = {
  timeout: 'timeoutMs',
  memory: 'memoryBytes',
  cpus: 'cpus',
  pids: 'pids',
  disk: 'diskBytes',
  output: 'outputBytes',
} as const satisfies Record<keyof Limits, keyof LimitValues>;

const FIELDS = Object.keys(VALUE_OF) as readonly (keyof Limits)[];

/** Each limit that asks for more than policy's maximum; `field` is where `asked` stands. */
export function limitProblems(asked: Limits, max: Limits, field: string): readonly Problem[] {
  const most: Required<Limits> = { ...MOST, ...given(max) };
  const wanted = limitValues({ ...most, ...given(asked) });
  const allowed = limitValues(most);
  return FIELDS.filter((name) => wanted[VALUE_OF[name]] > allowed[VALUE_OF[name]]).map((name) => ({
    field: `${field}.${name}`,
    message: `is ${asked[name]}, more than the ${most[name]} that policy allows`,
    mend: `make it at most ${most[name]}`,
  }));
}

/**
 * The limits a run has: what it asked for, else policy's default, else ours; never above policy's maximum.
 * What was asked for above it is refused by {@link limitProblems}; only a default is ever lowered.
 */
export function settleLimits(asked: Limits, policy: Policy['limits']): LimitValues {
  const wanted = limitValues({ ...given(policy.default), ...given(asked) });
  const most = limitValues({ ...MOST, ...given(policy.max) });
  const least = (name: keyof LimitValues): number => Math.min(wanted[name], most[name]);
  return {
    timeoutMs: least('timeoutMs'),
    memoryBytes: least('memoryBytes'),
    cpus: least('cpus'),
    pids: least('pids'),
    diskBytes: least('diskBytes'),
    outputBytes: least('outputBytes'),
  };
}

function given(limits: Limits): Limits {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}
