import type { Evidence } from '@drylane/proto/evidence';
import { counted, listed, oneStep, shown } from '../say.ts';
import type { Facts, Hit } from './rule.ts';

/** A privileged system call was tried; that it was refused does not matter. */
export function privilegedAttempt({ evidence }: Facts): Hit | undefined {
  const tried = evidence.privileged;
  if (tried.length === 0) return undefined;
  return {
    message: `tried a privileged call: ${listed(tried.map((call) => `${call.syscall} by ${call.program}`))}`,
    step: oneStep(tried),
  };
}

/** High risk, and nobody can say which part of the text did what. */
export function opaqueHighRisk({ risk, evidence }: Facts): Hit | undefined {
  const opaque = evidence.steps.filter((step) => step.opaque);
  if (risk.level !== 'high' || (opaque.length === 0 && risk.parsed)) return undefined;
  return {
    message: 'the command is high risk and its text could not be split into steps: rehearse them one by one',
    step: oneStep(opaque.map(({ index }) => ({ step: index }))),
  };
}

/** Something may have happened that evidence does not hold. */
export function evidenceIncomplete({ evidence }: Facts): Hit | undefined {
  if (evidence.complete) return undefined;
  return { message: 'the record of what happened is incomplete' };
}

const LIMITS = [
  ['timed_out', 'its time'],
  ['oom_killed', 'its memory'],
  ['disk_full', 'its disk space'],
  ['pids_exhausted', 'its number of processes'],
] as const satisfies readonly (readonly [keyof Evidence, string])[];

/** A limit was hit, so what would have come next was not seen. */
export function resourceLimit({ evidence }: Facts): Hit | undefined {
  const hit = LIMITS.filter(([flag]) => evidence[flag]).map(([, what]) => what);
  if (hit.length === 0) return undefined;
  return { message: `used up ${hit.join(' and ')}` };
}

/** The exit status is none of the expected ones; a command that was killed has none at all. */
export function unexpectedExit({ evidence, allowance }: Facts): Hit | undefined {
  const { exit_code: status, signal } = evidence;
  if (status !== null && allowance.expectedExit.includes(status)) return undefined;
  const end = status === null ? `was stopped by ${shown(signal ?? 'the sandbox')}` : `exited with ${status}`;
  const last = evidence.steps.findLast((step) => step.ran);
  return {
    message: `${end} but intent expected ${allowance.expectedExit.join(', ') || 'no exit status'}${hint(status)}`,
    step: last?.exit_code === status ? (last?.index ?? null) : null,
  };
}

/** What a shell means by its own statuses (POSIX, 2.8.2): the sandbox image may lack what the live machine has. */
function hint(status: number | null): string {
  return status === 127 ? ': a program was not found, perhaps only because the image lacks it' : '';
}

/** Processes were still alive when the command had ended. */
export function leftoverProcess({ evidence }: Facts): Hit | undefined {
  const left = evidence.leftovers;
  if (left.length === 0) return undefined;
  const names = listed(left.map(({ argv }) => argv.join(' ') || 'a process without a name'));
  return { message: `left ${counted(left.length, 'process', 'processes')} running: ${names}` };
}
