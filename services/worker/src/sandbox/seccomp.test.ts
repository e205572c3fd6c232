import { describe, expect, it } from 'vitest';
import { PRIVILEGED_CALLS } from '../trace/privileged-calls.ts';
import { seccompProfile } from './seccomp.ts';
import { WATCHED_CALLS } from './tracer.ts';

interface Entry {
  readonly names: readonly string[];
  readonly action: string;
  readonly args?: readonly { readonly index: number; readonly value: number; readonly op: string }[];
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
      expect([call, actions.length > 0 && actions.every(([action]) => action === 'SCMP_ACT_ALLOW')]).toEqual([
        call,
        true,
      ]);
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

  it.each(['socket', 'clone', 'personality', 'seccomp'])('lets %s pass by its arguments only', (call) => {
    for (const [action, conditional] of actionsOf(call))
      expect([action, conditional]).toEqual(['SCMP_ACT_ALLOW', true]);
    expect(actionsOf(call)).not.toEqual([]);
  });

  it('knows no way to the host of a virtual machine', () => {
    const families = profile.syscalls
      .filter(({ names }) => names.includes('socket'))
      .map(({ args }) => args?.[0]?.value);
    expect(families).toEqual([1, 2, 10, 16, 17]);
  });
});
