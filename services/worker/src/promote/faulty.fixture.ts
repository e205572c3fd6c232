import { type Disk, realDisk } from './disk.ts';

/** What becomes of a system call. */
export type Fault =
  /** It fails, and does nothing; with `lasting`, so do all after it. */
  | { readonly kind: 'fail'; readonly code: string; readonly lasting?: boolean }
  /** The process is killed before it, or right after it. */
  | { readonly kind: 'kill'; readonly when: 'before' | 'after' }
  /** Somebody does something right before it. */
  | { readonly kind: 'meddle'; readonly act: () => void };

/** Which call: the n-th of all, from 1, or the n-th by its name. */
export type Moment = number | { readonly call: keyof Disk; readonly nth: number };

/** A system, but for one call. */
export interface FaultyDisk {
  readonly disk: Disk;
  /** The names of the calls so far. */
  readonly calls: readonly string[];
}

/** Closing is not counted: it changes nothing, and a call of it that failed would leave a descriptor open for good. */
const PASSED: ReadonlySet<string> = new Set(['close']);

/** Makes a {@link FaultyDisk} of the real one, unless told otherwise. */
export function faultyDisk(moment: Moment, fault: Fault, real: Disk = realDisk): FaultyDisk {
  const calls: string[] = [];
  let struck = false;
  const isIt = (name: string): boolean =>
    typeof moment === 'number'
      ? calls.length === moment
      : name === moment.call && calls.filter((call) => call === name).length === moment.nth;
  const disk = new Proxy(real, {
    get(target, name: keyof Disk) {
      const call: unknown = Reflect.get(target, name);
      if (typeof call !== 'function' || PASSED.has(name)) return call;
      return (...given: unknown[]): unknown => {
        calls.push(name);
        const now = isIt(name);
        const isAfter = struck;
        struck ||= now;
        strike(name, fault, now, isAfter);
        const answer: unknown = Reflect.apply(call, target, given);
        if (now && fault.kind === 'kill') process.kill(process.pid, 'SIGKILL');
        return answer;
      };
    },
  });
  return { disk, calls };
}

function strike(name: string, fault: Fault, now: boolean, isAfter: boolean): void {
  if (fault.kind === 'fail' && (now || (isAfter && fault.lasting === true)))
    throw Object.assign(new Error(`${fault.code}: injected, ${name}`), { code: fault.code });
  if (now && fault.kind === 'kill' && fault.when === 'before') process.kill(process.pid, 'SIGKILL');
  if (now && fault.kind === 'meddle') fault.act();
}
