import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { type StructuredPatchHunk, structuredPatch } from 'diff';
import { keyOfPath } from '../evidence/keys.ts';
import type { PathKey } from '../evidence/tree.ts';
import { base85Lines } from './base85.ts';

/** What git keeps of a path. */
export interface Blob {
  readonly mode: '100644' | '100755' | '120000';
  readonly content: Uint8Array;
}

const NO_BLOB = '0'.repeat(40);
/** Larger texts are written as binary patches. */
const MOST_TEXT_BYTES = 2 ** 20;
/** Of texts that differ in more lines all are taken out and put in: to compare them takes time by the square of this. */
const MOST_EDITS = 1_000;

/**
 * One path's part of a patch, as `git diff --binary --full-index` has it. What stands there may be of another type: then it goes
 * first, and comes anew, as git would say it.
 */
export function filePatch(path: string, before: Blob | null, after: Blob | null): string {
  const name = keyOfPath(path);
  if (before !== null && after !== null && (before.mode === '120000') !== (after.mode === '120000'))
    return onePatch(name, before, null) + onePatch(name, null, after);
  return onePatch(name, before, after);
}

function onePatch(name: PathKey, before: Blob | null, after: Blob | null): string {
  const [a, b] = [quoted(`a/${name}`), quoted(`b/${name}`)];
  const [old, now] = [before?.content ?? EMPTY, after?.content ?? EMPTY];
  const ids = [before, after].map((blob) => (blob === null ? NO_BLOB : blobId(blob.content)));
  const sameMode = before?.mode === after?.mode ? ` ${before?.mode}` : '';
  const head = [`diff --git ${a} ${b}`, ...modeLines(before, after)];
  if (ids[0] === ids[1]) return `${head.join('\n')}\n`;
  head.push(`index ${ids.join('..')}${sameMode}`);
  const hunks = textHunks(old, now);
  if (hunks === undefined) return `${head.join('\n')}\nGIT binary patch\n${literal(now)}\n${literal(old)}\n`;
  if (hunks !== '')
    head.push(
      `--- ${before === null ? '/dev/null' : named(a)}`,
      `+++ ${after === null ? '/dev/null' : named(b)}`,
    );
  return `${head.join('\n')}\n${hunks}`;
}

const EMPTY = new Uint8Array();

/** In these two lines a tab ends a name that holds a space. */
const named = (name: string): string => (name.includes(' ') && !name.startsWith('"') ? `${name}\t` : name);

function modeLines(before: Blob | null, after: Blob | null): string[] {
  if (before === null) return after === null ? [] : [`new file mode ${after.mode}`];
  if (after === null) return [`deleted file mode ${before.mode}`];
  return before.mode === after.mode ? [] : [`old mode ${before.mode}`, `new mode ${after.mode}`];
}

function blobId(content: Uint8Array): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

const literal = (content: Uint8Array): string =>
  `literal ${content.length}\n${base85Lines(deflateSync(content))}`;

/** Hunks with three lines around them; undefined for what cannot be told as text, or would not survive being mailed. */
function textHunks(before: Uint8Array, after: Uint8Array): string | undefined {
  if (!isMailable(before) || !isMailable(after)) return undefined;
  const [old, now] = [Buffer.from(before).toString('utf8'), Buffer.from(after).toString('utf8')];
  const options = { context: 3, maxEditLength: MOST_EDITS };
  const hunks = structuredPatch('', '', old, now, '', '', options)?.hunks ?? [wholeHunk(old, now)];
  return hunks
    .map(({ oldStart, oldLines, newStart, newLines, lines }) =>
      [`@@ -${range(oldStart, oldLines)} +${range(newStart, newLines)} @@`, ...lines, ''].join('\n'),
    )
    .join('');
}

/** One hunk that takes all of one text out, and puts all of another in. */
function wholeHunk(before: string, after: string): StructuredPatchHunk {
  const [old, now] = [linesOf(before, '-'), linesOf(after, '+')];
  return {
    ...{ oldStart: 1, oldLines: countOf(old), newStart: 1, newLines: countOf(now) },
    lines: [...old, ...now],
  };
}

const UNENDED = '\\ No newline at end of file';

function linesOf(text: string, sign: string): string[] {
  if (text === '') return [];
  const lines = text.split('\n').map((line) => sign + line);
  return text.endsWith('\n') ? lines.slice(0, -1) : [...lines, UNENDED];
}

const countOf = (lines: readonly string[]): number => lines.filter((line) => line !== UNENDED).length;

// A patch that is empty on one side starts before the first line.
const range = (start: number, lines: number): string =>
  lines === 1 ? `${start}` : `${lines === 0 && start > 0 ? start - 1 : start},${lines}`;

/** Text as git sees it; and `git am` takes away carriage returns at the ends of lines, unless it is told not to. */
function isMailable(bytes: Uint8Array): boolean {
  return bytes.length <= MOST_TEXT_BYTES && isUtf8(bytes) && !bytes.includes(0) && !bytes.includes(13);
}

const NAMED_BYTES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\t': '\\t',
};

/** A name in C quotes where it holds more than plain characters, as git writes it by default. */
function quoted(name: PathKey): string {
  if (!/[^ !#-[\]-~]/.test(name)) return name;
  const octal = (byte: string): string => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`;
  return `"${name.replaceAll(/[^ !#-[\]-~]/g, (byte) => NAMED_BYTES[byte] ?? octal(byte))}"`;
}
