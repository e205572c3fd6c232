import { encodePath } from '@drylane/proto/paths';
import type { CallEvent } from './event.ts';
import { type Quoted, unquote } from './syntax.ts';

/** How much of a process's arguments the record keeps, in bytes; what does not fit is left out whole. */
export const MOST_ARGV_BYTES = 4096;

/** Stands where arguments were left out. */
export const LEFT_OUT = '…';

const ITSELF = Buffer.from('/proc/self/exe');

/** What a program was started with, as bytes. */
export interface Start {
  readonly program: string;
  readonly argv: readonly Buffer[];
  readonly environment: readonly Buffer[];
  /** Some argument was longer than the tracer reads. */
  readonly cut: boolean;
}

type Exec = Extract<CallEvent, { kind: 'exec' }>;

/** Reads the start of a program; undefined if any of it could not be read. */
export function readStart({ path, file, argv, envp }: Exec): Start | undefined {
  if (path === null || argv === null || envp === null) return undefined;
  const name = unquote(path);
  const words = decode(argv);
  const environment = decode(envp);
  if (name === undefined || words === undefined || environment === undefined) return undefined;
  const behind = name.length === 0 && file !== null ? fileBehind(file) : name;
  // A program that starts itself again, as busybox does for its applets, says by its first word as what.
  const called = behind.equals(ITSELF) ? (words[0] ?? behind) : behind;
  return {
    program: encodePath(called.subarray(called.lastIndexOf('/') + 1)),
    argv: words,
    environment,
    cut: [...argv, ...envp].some((string) => string.cut),
  };
}

/** Arguments as the record shows them. They are cut between two, never within one: half a secret is not known as one. */
export function showArgv(argv: readonly Buffer[]): readonly string[] {
  const shown: string[] = [];
  let bytes = 0;
  for (const word of argv) {
    bytes += word.length + 1;
    if (bytes > MOST_ARGV_BYTES) return [...shown, LEFT_OUT];
    shown.push(encodePath(word));
  }
  return shown;
}

function decode(strings: readonly Quoted[]): readonly Buffer[] | undefined {
  const decoded: Buffer[] = [];
  for (const string of strings) {
    const bytes = unquote(string);
    if (bytes === undefined) return undefined;
    decoded.push(bytes);
  }
  return decoded;
}

/** The path in a descriptor's decoration, `3<\x2f…>`. */
function fileBehind(text: string): Buffer {
  const path = /^\d+<((?:\\x[0-9a-f]{2})*)/.exec(text)?.[1] ?? '';
  return Buffer.from(path.replaceAll('\\x', ''), 'hex');
}
