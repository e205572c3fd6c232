import { type Item, readArguments } from './syntax.ts';

/** What a call came to: a number, or null where its process died in it. */
export interface Result {
  readonly value: number | null;
  /** `ENOENT`; null where it did not fail. */
  readonly error: string | null;
}

/** What one line says, of one thread at one time (milliseconds since 1970). */
export type Line = { readonly pid: number; readonly atMs: number } & (
  | { readonly kind: 'call'; readonly name: string; readonly items: readonly Item[]; readonly result: Result }
  | { readonly kind: 'unfinished'; readonly name: string; readonly text: Buffer }
  | { readonly kind: 'resumed'; readonly name: string; readonly text: Buffer }
  | { readonly kind: 'exited'; readonly status: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'superseded'; readonly by: number }
  /** `refused`: the call for which the kernel sent it instead of making it. */
  | { readonly kind: 'signal'; readonly refused: string | null }
);

/** Stands at the end of a call's first half: another thread's line comes first, or the thread gets another number. */
const UNFINISHED = / <(?:unfinished|pid changed to \d{1,10}) \.\.\.>$/;
const DIED = ' <unfinished ...>) = ?';
const SHORT = 256;

/** How a call is named whose thread was killed before the tracer could look at it; it was never made. */
export const UNSEEN = '???';

/** How a refused call is named of which only the refusal is known. */
export const NAMELESS = 'syscall';

/** Reads a line of the trace; undefined for one that the tracer would not write. */
export function readLine(line: Buffer): Line | undefined {
  const head = /^(\d{1,10}) +(\d{1,12})\.(\d{6}) /.exec(line.toString('latin1', 0, 40));
  if (head === null) return undefined;
  const from = head[0].length;
  const pid = Number(head[1]);
  const atMs = Number(head[2]) * 1000 + Number(head[3]) / 1000;
  switch (line[from]) {
    case 0x2b: // +
      return readEnd(line.toString('latin1', from, from + SHORT), pid, atMs);
    case 0x2d: // -
      return readSignal(line.toString('latin1', from, from + SHORT), pid, atMs);
    case 0x3c: // <
      return readResumed(line, from, pid, atMs);
    default:
      return readStart(line, from, pid, atMs);
  }
}

/** Reads a call in one piece, `name(arguments) = result`, from where its name begins. */
export function readCall(
  line: Buffer,
  from: number,
  pid: number,
  atMs: number,
): Extract<Line, { kind: 'call' }> | undefined {
  const name = nameAt(line, from);
  if (name === undefined) return undefined;
  const died = endsWith(line, DIED);
  const whole = died
    ? Buffer.concat([line.subarray(0, line.length - DIED.length), Buffer.from(') = ?')])
    : line;
  const read = readArguments(whole, from + name.length + 1);
  const result = read && readResult(whole.toString('latin1', read.end));
  return read && result && { kind: 'call', pid, atMs, name, items: read.items, result };
}

function readStart(line: Buffer, from: number, pid: number, atMs: number): Line | undefined {
  const mark = UNFINISHED.exec(line.toString('latin1', Math.max(0, line.length - 64)))?.[0];
  if (mark === undefined) return readCall(line, from, pid, atMs);
  const name = nameAt(line, from);
  if (name === undefined) return undefined;
  return { kind: 'unfinished', pid, atMs, name, text: line.subarray(from, line.length - mark.length) };
}

function readResumed(line: Buffer, from: number, pid: number, atMs: number): Line | undefined {
  const match = /^<\.\.\. ([a-z0-9_]+|\?\?\?) resumed>/.exec(line.toString('latin1', from, from + SHORT));
  if (match?.[1] === undefined) return undefined;
  return { kind: 'resumed', pid, atMs, name: match[1], text: line.subarray(from + match[0].length) };
}

function readSignal(text: string, pid: number, atMs: number): Line | undefined {
  if (!text.startsWith('--- ')) return undefined;
  const refused = /^--- SIGSYS \{.*\bsi_code=SYS_SECCOMP\b/.test(text) ? refusedCall(text) : null;
  return { kind: 'signal', pid, atMs, refused };
}

/** The name of a refused call; one by another machine's number, or one that the tracer does not know, has none. */
function refusedCall(text: string): string {
  const native = /\bsi_arch=AUDIT_ARCH_(?:X86_64|AARCH64)\b/.test(text);
  const name = /\bsi_syscall=__NR_([a-z_][a-z0-9_]*)[,}]/.exec(text)?.[1];
  return native && name !== undefined ? name : NAMELESS;
}

function readEnd(text: string, pid: number, atMs: number): Line | undefined {
  const exited = /^\+\+\+ exited with (\d{1,3}) \+\+\+$/.exec(text);
  if (exited) return { kind: 'exited', pid, atMs, status: Number(exited[1]) };
  const killed = /^\+\+\+ killed by (SIG[A-Z0-9_]+) (?:\(core dumped\) )?\+\+\+$/.exec(text);
  if (killed?.[1]) return { kind: 'killed', pid, atMs, signal: killed[1] };
  const superseded = /^\+\+\+ superseded by execve in pid (\d{1,10}) \+\+\+$/.exec(text);
  return superseded ? { kind: 'superseded', pid, atMs, by: Number(superseded[1]) } : undefined;
}

function readResult(text: string): Result | undefined {
  const match = /^ *= (\?|-?\d+|0x[0-9a-f]+)(?:<.*>)?(?: ([A-Z][A-Z0-9]*))?(?: .*)?$/s.exec(text);
  if (match === null) return undefined;
  return { value: match[1] === '?' ? null : Number(match[1]), error: match[2] ?? null };
}

function nameAt(line: Buffer, from: number): string | undefined {
  return /^([a-z_][a-z0-9_]*|\?\?\?)\(/.exec(line.toString('latin1', from, from + 64))?.[1];
}

function endsWith(line: Buffer, text: string): boolean {
  return line.toString('latin1', Math.max(0, line.length - text.length)) === text;
}
