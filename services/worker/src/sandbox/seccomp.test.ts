import { describe, expect, it } from 'vitest';
import { PRIVILEGED_CALLS } from '../trace/privileged-calls.ts';
import { seccompProfile } from './seccomp.ts';
import { WATCHED_CALLS } from './tracer.ts';

interface Entry {
  readonly names: readonly string[];
  readonly action: string;
  readonly args?: readonly {
    readonly index: number;
    readonly value: number;
    readonly valueTwo?: number;
    readonly op: string;
  }[];
}

const profile = JSON.parse(seccompProfile()) as {
  readonly defaultAction: string;
  readonly archMap: readonly { readonly subArchitectures: readonly string[] }[];
  readonly syscalls: readonly Entry[];
};
const actionsOf = (call: string) =>
  profile.syscalls
    .filter(({ names }) => names.includes(call))
    .map(({ action, args }) => [action, args !== undefined]);

describe('the seccomp profile', () => {
  it('refuses what it does not name, and every call of another architecture', () => {
    expect(profile.defaultAction).toBe('SCMP_ACT_ERRNO');
    for (const { subArchitectures } of profile.archMap) expect(subArchitectures).toEqual([]);
  });

  it('lets every call that is watched come as far as the tracer', () => {
    for (const call of WATCHED_CALLS) {
      const actions = actionsOf(call);
      expect([call, actions.some(([action]) => action === 'SCMP_ACT_ALLOW')]).toEqual([call, true]);
    }
  });

  it('hands privileged calls to the tracer, but those that the tracer makes itself', () => {
    for (const call of PRIVILEGED_CALLS) {
      const own = ['ptrace', 'process_vm_readv', 'process_vm_writev'].includes(call);
      expect([call, actionsOf(call)]).toEqual([call, [[own ? 'SCMP_ACT_ALLOW' : 'SCMP_ACT_TRACE', false]]]);
    }
  });

  it('has no call twice without a condition', () => {
    const names = profile.syscalls.filter(({ args }) => args === undefined).flatMap((entry) => entry.names);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it.each(['io_uring_setup', 'io_uring_enter', 'io_uring_register', 'clone3'])('knows no %s', (call) => {
    expect(profile.syscalls.find(({ names }) => names.includes(call))).toMatchObject({
      action: 'SCMP_ACT_ERRNO',
      errnoRet: 38,
    });
  });

  it.each(['socket', 'clone', 'personality', 'seccomp', 'fcntl', 'ioctl', 'setsockopt'])(
    'lets %s pass by its arguments only',
    (call) => {
      for (const [, conditional] of actionsOf(call)) expect(conditional).toBe(true);
      expect(actionsOf(call)).not.toEqual([]);
    },
  );

  it('knows no way to the host of a virtual machine', () => {
    const families = profile.syscalls
      .filter(({ names, action }) => names.includes('socket') && action === 'SCMP_ACT_ALLOW')
      .map(({ args }) => args?.[0]?.value);
    expect(families).toEqual([1, 2, 10, 16, 17]);
  });

  /** Whether the profile lets a call pass with these arguments, each as the 64 bits that a filter sees. */
  const passes = (call: string, ...given: readonly bigint[]): boolean =>
    profile.syscalls.some(
      ({ names, action, args }) =>
        names.includes(call) &&
        action === 'SCMP_ACT_ALLOW' &&
        (args ?? []).every(({ index, value, valueTwo, op }) => {
          const seen = given[index] ?? 0n;
          return op === 'SCMP_CMP_EQ'
            ? seen === BigInt(value)
            : (seen & BigInt(value)) === BigInt(valueTwo ?? 0);
        }),
    );
  const DIRTY = 0x1_0000_0000n;

  it.each([
    ['fcntl', [8n, 10n, 15n], [1n, 2n, 3n, 4n, 1030n]],
    ['ioctl', [0x8901n, 0x8902n], [0x5401n, 0x8903n, 0x8900n, 0x8905n, 0xc0045877n, 0n]],
  ])('refuses %s where it signals others, whatever stands in the upper half', (call, refused, allowed) => {
    for (const value of refused)
      for (const dirt of [0n, DIRTY]) expect([value, passes(call, 3n, value | dirt)]).toEqual([value, false]);
    for (const value of allowed) expect([value, passes(call, 3n, value)]).toEqual([value, true]);
  });

  it('refuses the two options of TCP that let connect succeed with nobody there', () => {
    for (const option of [30n, 34n])
      for (const dirt of [0n, DIRTY]) expect(passes('setsockopt', 3n, 6n | dirt, option | dirt)).toBe(false);
    for (const [level, option] of [
      [6n, 1n],
      [6n, 31n],
      [1n, 2n],
      [1n, 30n],
      [0n, 34n],
      [41n, 26n],
    ] as const)
      expect([level, option, passes('setsockopt', 3n, level, option)]).toEqual([level, option, true]);
  });

  it('refuses each namespace and each way out of the tracer that clone offers', () => {
    const plain = 0x01200011n;
    expect(passes('clone', plain)).toBe(true);
    for (const flag of [
      0x20000n,
      0x2000000n,
      0x4000000n,
      0x8000000n,
      0x10000000n,
      0x20000000n,
      0x40000000n,
      0x800000n,
    ])
      expect(passes('clone', plain | flag)).toBe(false);
  });
});
