import { isUtf8 } from 'node:buffer';
import type { Change, FileState } from '@drylane/proto/evidence';
import { encodePath } from '@drylane/proto/paths';
import { unescaped } from './keys.ts';

/** One change as a unified diff, for people. */
export interface Patch {
  /** As in the change it belongs to. */
  readonly path: string;
  readonly text: string;
  /** Whether some of it was left out for its size. */
  readonly cut: boolean;
}

export const MAX_PATCH_BYTES = 256 * 1024;
export const MAX_PATCHES_BYTES = 8 * 2 ** 20;

/** What a patch shows below its header. */
export interface PatchBody {
  /** Hunks, bytes held one to a character (latin1); null where a line says it all. */
  readonly hunks: string | null;
  /** Whether hunks were left out already. */
  readonly cut: boolean;
  /** The first paths of a collapsed directory, bytes held one to a character (latin1). */
  readonly inside: readonly string[];
}

/** Writes a change as git would, with at most `maxBytes` of hunks. */
export function patchOf(change: Change, body: PatchBody, maxBytes: number): Patch {
  const [a, b] = [`a/${change.path}`, `b/${change.path}`].map(quoteName);
  const names = [change.before === null ? '/dev/null' : a, change.after === null ? '/dev/null' : b];
  const head = [`diff --git ${a} ${b}`, ...modeLines(change.before, change.after)];
  if (maxBytes <= 0) return { path: change.path, text: `${head.join('\n')}\n`, cut: true };
  if (change.entries > 1) return directoryPatch(change, head, body, maxBytes);
  if (change.before?.type === 'symlink' || change.after?.type === 'symlink')
    head.push(`--- ${names[0]}`, `+++ ${names[1]}`, ...linkLines(change.before, change.after));
  else if (change.binary && change.kind !== 'mode')
    head.push(`Binary files ${names[0]} and ${names[1]} differ`);
  else if (body.hunks === null && hasOtherContent(change))
    head.push(`Files ${names[0]} and ${names[1]} differ`);
  else if (body.hunks) head.push(`--- ${names[0]}`, `+++ ${names[1]}`);
  const [hunks, cut] = cutLines(body.hunks ?? '', maxBytes);
  return { path: change.path, text: `${head.join('\n')}\n${shownText(hunks)}`, cut: cut || body.cut };
}

const hasOtherContent = ({ before, after }: Change): boolean =>
  (before?.sha256 ?? null) !== (after?.sha256 ?? null) || (before?.size ?? 0) !== (after?.size ?? 0);

function directoryPatch(
  change: Change,
  head: readonly string[],
  { inside }: PatchBody,
  maxBytes: number,
): Patch {
  const sign = change.kind === 'deleted' ? '-' : '+';
  const lines = inside.map((key) => `${sign}${quoteName(encodePath(Buffer.from(key, 'latin1')))}\n`);
  const [list, cut] = cutLines(lines.join(''), maxBytes);
  const isAdded = change.kind === 'added';
  const told = isAdded ? `${change.kind}, their contents, modes and link targets not shown` : change.kind;
  const text = `${head.join('\n')}\nDirectory with ${change.entries} entries ${told}\n${list}`;
  return { path: change.path, text, cut: isAdded || cut || inside.length < change.entries - 1 };
}

function modeLines(before: FileState | null, after: FileState | null): string[] {
  if (before === null) return after === null ? [] : [`new file mode ${gitMode(after)}`];
  if (after === null) return [`deleted file mode ${gitMode(before)}`];
  const lines: string[] = [];
  if (gitMode(before) !== gitMode(after))
    lines.push(`old mode ${gitMode(before)}`, `new mode ${gitMode(after)}`);
  if (before.uid !== after.uid || before.gid !== after.gid)
    lines.push(`old owner ${before.uid}:${before.gid}`, `new owner ${after.uid}:${after.gid}`);
  return lines;
}

/** The file type's digits as in stat(2), then the permissions; a device's kind is not told apart. */
const TYPE_DIGITS: Readonly<Record<FileState['type'], string>> = {
  file: '10',
  dir: '04',
  symlink: '12',
  fifo: '01',
  socket: '14',
  device: '02',
};

const gitMode = (state: FileState): string =>
  TYPE_DIGITS[state.type] + (state.type === 'symlink' ? '0000' : state.mode);

function linkLines(before: FileState | null, after: FileState | null): string[] {
  const [old, now] = [before?.target ?? null, after?.target ?? null];
  const line = (sign: string, target: string | null) =>
    target === null ? [] : [`${sign}${quoteName(target)}`, '\\ No newline at end of file'];
  const ranges = `@@ -${old === null ? '0,0' : '1'} +${now === null ? '0,0' : '1'} @@`;
  return [ranges, ...line('-', old), ...line('+', now)];
}

/**
 * A path for a header, in C quotes where it holds what could be taken for the end of the line, as git does. Takes
 * an escaped path, and gives bytes that are not UTF-8 as `\ooo`.
 */
export function quoteName(encoded: string): string {
  if (!/[\x00-\x1f\x7f"\\]/.test(encoded)) return encoded;
  const octal = (byte: number) => `\\${byte.toString(8).padStart(3, '0')}`;
  const bytes = Buffer.from(unescaped(encoded), 'latin1');
  const text = isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('latin1');
  const special = isUtf8(bytes) ? /[\x00-\x1f\x7f"\\]/g : /[\x00-\x1f\x7f-\xff"\\]/g;
  return `"${text.replaceAll(special, (c) => (c === '"' || c === '\\' ? `\\${c}` : octal(c.charCodeAt(0))))}"`;
}

/** As many whole lines as fit, and whether that is not all. A single line that is too long is cut in itself. */
function cutLines(text: string, maxBytes: number): [string, boolean] {
  if (text.length <= maxBytes) return [text, false];
  const end = text.lastIndexOf('\n', maxBytes - 1) + 1;
  return [
    end > 0 && text.indexOf('\n') + 1 < end ? text.slice(0, end) : `${text.slice(0, maxBytes)}\n`,
    true,
  ];
}

/** Bytes as text: UTF-8 as it is; in a line that is not UTF-8, each stray byte as `\xHH`. */
function shownText(latin1: string): string {
  const bytes = Buffer.from(latin1, 'latin1');
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return latin1
    .split('\n')
    .map((line) => encodePath(Buffer.from(line, 'latin1')).replaceAll('\\\\', '\\'))
    .join('\n');
}
