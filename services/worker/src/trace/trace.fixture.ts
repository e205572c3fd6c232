import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Watch } from './sightings.ts';
import { openTrace } from './trace.ts';
import type { Traced } from './traced.ts';

/** Numbers of the keeper and the shell in made-up traces. */
export const KEEPER = 10;
export const SHELL = 11;

const BLIND: Watch = { in: () => [] };

/** Sees a canary wherever its value stands. */
export function watchFor(canaries: Readonly<Record<string, string>>): Watch {
  return {
    in: (bytes) =>
      Object.keys(canaries).filter((name) => Buffer.from(bytes).includes(canaries[name] ?? '', 0, 'latin1')),
  };
}

/** A string as the tracer writes it. */
export function quoted(text: string | Buffer): string {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return `"${bytes.toString('hex').replaceAll(/../g, '\\x$&')}"`;
}

/** One line; time goes on by a millisecond with each. */
export function said(lines: readonly (readonly [pid: number, text: string])[]): Buffer {
  return Buffer.from(
    lines
      .map(
        ([pid, text], at) =>
          `${String(pid).padEnd(5)} ${1000 + Math.floor(at / 1000)}.${String(at % 1000).padStart(3, '0')}000 ${text}\n`,
      )
      .join(''),
    'latin1',
  );
}

/** The lines with which every trace begins: the keeper, and the shell started by it. */
export const BEGIN: readonly (readonly [number, string])[] = [
  [KEEPER, 'execve(0x7ffe33a9d90, 0x7ffe33ab2b8, 0x7ffe33ab2e8) = 0'],
  [KEEPER, `clone(child_stack=NULL, flags=SIGCHLD) = ${SHELL}`],
  [SHELL, 'execve(0x21b60c00, 0x21b61c38, 0x21b61c90) = 0'],
  [SHELL, 'execve(0x7fffd0f55d96, 0x7fffd0f551f8, 0x7fffd0f55220) = 0'],
];

/** The line with which the shell ends. */
export const END: readonly (readonly [number, string])[] = [[SHELL, '+++ exited with 0 +++']];

/** A program's start. */
export function exec(path: string, argv: readonly string[] = [path], env: readonly string[] = []): string {
  return `execve(${quoted(path)}, [${argv.map(quoted).join(', ')}], [${env.map(quoted).join(', ')}]) = 0`;
}

/** An internet address as the tracer writes it. */
export function inet(address: string, port: number): string {
  return address.includes(':')
    ? `{sa_family=AF_INET6, sin6_port=htons(${port}), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, ${quoted(address)}, &sin6_addr), sin6_scope_id=0}, 28`
    : `{sa_family=AF_INET, sin_port=htons(${port}), sin_addr=inet_addr(${quoted(address)})}, 16`;
}

/** A query for a name, as bytes. */
export function query(...labels: readonly string[]): Buffer {
  const name = labels.flatMap((label) => [
    Buffer.from([Buffer.byteLength(label, 'latin1')]),
    Buffer.from(label, 'latin1'),
  ]);
  return Buffer.concat([
    Buffer.from('123401000001000000000000', 'hex'),
    ...name,
    Buffer.from('0000010001', 'hex'),
  ]);
}

/** What a trace of these bytes tells. */
export function traced(bytes: Buffer | readonly Buffer[], watch: Watch = BLIND): Traced {
  const trace = openTrace(watch, { shellEnded: () => undefined });
  for (const chunk of Buffer.isBuffer(bytes) ? [bytes] : bytes) trace.push(chunk);
  return trace.end();
}

/** What a trace tells in which the shell does this. */
export function tracedShell(
  lines: readonly (string | readonly [number, string])[],
  watch: Watch = BLIND,
): Traced {
  const own = lines.map((line) => (typeof line === 'string' ? ([SHELL, line] as const) : line));
  return traced(said([...BEGIN, ...own, ...END]), watch);
}

/** The traces that were recorded in real containers, by name. */
export function recorded(): ReadonlyMap<string, Buffer> {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.trace'));
  return new Map(
    files.map((name) => [name.slice(0, -'.trace'.length), readFileSync(join(import.meta.dirname, name))]),
  );
}
