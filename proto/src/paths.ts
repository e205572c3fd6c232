import { isUtf8 } from 'node:buffer';
import { z } from 'zod';

/**
 * A pattern over paths, relative to the workspace's root: `*` stays inside one directory, `**` crosses,
 * a trailing `/` is the directory and all below it. A leading `/` names a path of the container outside
 * the workspace. Everything else stands for itself, brackets and question marks too.
 */
export const PathPattern = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[^\u0000]*$/, 'must not hold a NUL byte')
  .regex(/^(?!([\s\S]*\/)?\.\.(\/|$))/, 'must not climb with ..')
  .regex(/^(?!\/$)(?![\s\S]*\/\/)/, 'must not hold an empty part')
  .regex(/^(\.\/)?(?!([\s\S]*\/)?\.(\/|$))/, 'must not hold a . part')
  .refine((p) => p.isWellFormed(), 'must not hold half of a character');
export type PathPattern = z.infer<typeof PathPattern>;

/** How a path stands to an intent. Forbidden wins over expected. */
export const PathClass = z.enum(['expected', 'forbidden', 'surprise']);
export type PathClass = z.infer<typeof PathClass>;

/** A path's bytes as text: UTF-8 as it is, a backslash doubled, any other byte as `\xHH`. One to one. */
export function encodePath(path: Uint8Array): string {
  const buffer = Buffer.from(path.buffer, path.byteOffset, path.byteLength);
  if (isUtf8(buffer)) return buffer.toString('utf8').replaceAll('\\', '\\\\');
  let out = '';
  for (let at = 0; at < buffer.length; ) {
    const length = utf8Length(buffer, at);
    if (length === 0) {
      out += `\\x${(buffer[at] ?? 0).toString(16).padStart(2, '0')}`;
      at += 1;
    } else {
      out += buffer.toString('utf8', at, at + length).replaceAll('\\', '\\\\');
      at += length;
    }
  }
  return out;
}

/** The bytes of a path that {@link encodePath} wrote. */
export function decodePath(text: string): Buffer {
  const parts: Buffer[] = [];
  let last = 0;
  for (const match of text.matchAll(/\\(\\|x[0-9a-f]{2})/g)) {
    parts.push(Buffer.from(text.slice(last, match.index)));
    const escaped = match[1] ?? '';
    parts.push(escaped === '\\' ? Buffer.from('\\') : Buffer.from(escaped.slice(1), 'hex'));
    last = match.index + match[0].length;
  }
  parts.push(Buffer.from(text.slice(last)));
  return Buffer.concat(parts);
}

function utf8Length(buffer: Buffer, at: number): number {
  for (const length of [1, 2, 3, 4]) {
    if (at + length <= buffer.length && isUtf8(buffer.subarray(at, at + length))) return length;
  }
  return 0;
}

/** A pattern made ready for matching; built once, used for every path. */
export interface CompiledPattern {
  readonly source: PathPattern;
  readonly absolute: boolean;
  readonly segments: readonly string[];
  readonly subtree: boolean;
  /** Whether it crosses directories with `**`. */
  readonly crosses: boolean;
  /** Answers for long names, by part and name: a deep tree says the same names again and again. */
  readonly memo: Map<string, Map<string, boolean>>;
}

const MEMO_FROM_LENGTH = 32;
const MEMO_ENTRIES = 1000;

// Matching is done on bytes, held one to a character, so that names which are not UTF-8 cannot slip past.
const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** Splits a pattern into the parts that {@link matchesPattern} compares. */
export function compilePattern(source: PathPattern): CompiledPattern {
  const absolute = source.startsWith('/');
  const subtree = source.endsWith('/');
  const segments = asBytes(source)
    .replace(/^\.\//, '')
    .split('/')
    .filter((s) => s !== '');
  return { source, absolute, segments, subtree, crosses: segments.includes('**'), memo: new Map() };
}

/**
 * Whether a path is meant by a pattern. `path` is the path's bytes without a leading slash; `absolute` says
 * whether it counts from the container's root or from the workspace's. Time is bounded by the product of the
 * two lengths: there is no backtracking for a hostile pattern to feed on.
 */
export function matchesPattern(pattern: CompiledPattern, path: Uint8Array, absolute = false): boolean {
  return pattern.absolute === absolute && matchSegments(pattern, segmentsOf(path));
}

const segmentsOf = (path: Uint8Array): string[] =>
  Buffer.from(path.buffer, path.byteOffset, path.byteLength).toString('latin1').split('/');

function matchSegments(compiled: CompiledPattern, path: readonly string[]): boolean {
  const { segments: pattern, subtree, crosses } = compiled;
  if (crosses) return matchCrossing(compiled, path);
  const deepEnough = subtree ? path.length >= pattern.length : path.length === pattern.length;
  return deepEnough && pattern.every((part, i) => matchPart(compiled, part, path[i] ?? ''));
}

function matchCrossing(compiled: CompiledPattern, path: readonly string[]): boolean {
  const { segments: pattern, subtree } = compiled;
  // reach[j]: the pattern's parts so far can stand for the path's first j parts.
  let reach = new Array<boolean>(path.length + 1).fill(false);
  reach[0] = true;
  for (const part of pattern) {
    const next = new Array<boolean>(path.length + 1).fill(false);
    for (let j = 0; j <= path.length; j++) {
      if (part === '**') next[j] = reach[j] === true || (j > 0 && next[j - 1] === true);
      else if (j > 0) next[j] = reach[j - 1] === true && matchPart(compiled, part, path[j - 1] ?? '');
    }
    reach = next;
  }
  return subtree ? reach.some(Boolean) : reach[path.length] === true;
}

function matchPart({ memo }: CompiledPattern, part: string, name: string): boolean {
  if (name.length < MEMO_FROM_LENGTH) return matchSegment(part, name);
  const answers = memo.get(part) ?? new Map<string, boolean>();
  const known = answers.get(name);
  if (known !== undefined) return known;
  const answer = matchSegment(part, name);
  if (answers.size < MEMO_ENTRIES) memo.set(part, answers.set(name, answer));
  return answer;
}

/** The classic two-pointer wildcard match: on a mismatch, let the last `*` swallow one character more. */
function matchSegment(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let resume = 0;
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.length && pattern[p] === name[n]) {
      p++;
      n++;
    } else if (star >= 0) {
      p = star + 1;
      n = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** The patterns of an intent with those that policy adds. */
export interface PathRules {
  readonly expected: readonly CompiledPattern[];
  readonly forbidden: readonly CompiledPattern[];
}

/** Compiles what an intent expects and what intent and policy forbid. */
export function pathRules(expected: readonly PathPattern[], forbidden: readonly PathPattern[]): PathRules {
  return { expected: expected.map(compilePattern), forbidden: forbidden.map(compilePattern) };
}

/** Where one path stands; the parents of an expected file are the caller's business. */
export function classifyPath(rules: PathRules, path: Uint8Array, absolute = false): PathClass {
  const segments = segmentsOf(path);
  const meant = (p: CompiledPattern): boolean => p.absolute === absolute && matchSegments(p, segments);
  if (rules.forbidden.some(meant)) return 'forbidden';
  return rules.expected.some(meant) ? 'expected' : 'surprise';
}
