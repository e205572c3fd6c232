import { type Line, readCall, readLine } from './line.ts';

/** How many bytes of unfinished calls are held at most, all processes together. */
const MAX_HELD = 64 * 1024 * 1024;

type Call = Extract<Line, { kind: 'call' }>;

/** A line of the trace, with calls in one piece. */
export type Joined =
  | Exclude<Line, { kind: 'call' | 'unfinished' | 'resumed' }>
  /** `missed`: the tracer did not see the thread's next call. */
  | (Call & { readonly missed: boolean })
  /** A thread stands in a call now. */
  | Extract<Line, { kind: 'unfinished' }>
  | { readonly kind: 'gap' };

/** Puts the two halves of a call together that other threads' lines stand between. */
export interface Joiner {
  read(line: Buffer): Joined;
}

interface Held {
  readonly name: string;
  readonly text: Buffer;
  /** Another thread than the first one started a program, and goes on under the first one's number. */
  readonly replacing: boolean;
}

/**
 * What the tracer shows as the end of such a call is already the new program's first call, by its number. Where that
 * is the C library asking for its own limits (`prlimit64`, on x86-64 and arm64), nothing is lost.
 */
const NOTHING_MISSED: readonly (number | null)[] = [0, 302, 261];

const GAP = { kind: 'gap' } as const;

/** Makes a joiner. A call that comes back without having begun, or under another name, is a gap. */
export function joinCalls(mostHeld = MAX_HELD): Joiner {
  const held = new Map<number, Held>();
  let bytes = 0;

  const hold = (pid: number, call: Held): void => {
    held.set(pid, call);
    bytes += call.text.length;
  };
  const take = (pid: number): Held | undefined => {
    const found = held.get(pid);
    held.delete(pid);
    bytes -= found?.text.length ?? 0;
    return found;
  };

  return {
    read: (bytesOfLine) => {
      const line = readLine(bytesOfLine);
      if (line === undefined) return GAP;
      switch (line.kind) {
        case 'unfinished': {
          const { pid, name, text } = line;
          if (held.has(pid) || bytes + text.length > mostHeld) return GAP;
          hold(pid, { name, text: Buffer.from(text), replacing: false });
          return line;
        }
        case 'resumed':
          return join(take(line.pid), line);
        case 'superseded': {
          take(line.pid);
          const call = take(line.by);
          if (call?.name.startsWith('execve') !== true) return GAP;
          hold(line.pid, { ...call, replacing: true });
          return line;
        }
        case 'call':
          return held.has(line.pid) ? GAP : { ...line, missed: false };
        default:
          if (line.kind !== 'signal') take(line.pid);
          return line;
      }
    },
  };
}

function join(
  begun: Held | undefined,
  { pid, atMs, name, text }: Extract<Line, { kind: 'resumed' }>,
): Joined {
  if (begun?.name !== name) return GAP;
  const call = readCall(Buffer.concat([begun.text, text]), 0, pid, atMs);
  if (call === undefined) return GAP;
  if (!begun.replacing) return { ...call, missed: false };
  const missed = !NOTHING_MISSED.includes(call.result.value);
  return { ...call, result: { value: 0, error: null }, missed };
}
