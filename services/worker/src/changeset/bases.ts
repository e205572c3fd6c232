import { isUtf8 } from 'node:buffer';
import { DrylaneError } from '@drylane/proto/errors';
import { createPace } from '../evidence/pace.ts';
import type { Tree } from '../evidence/tree.ts';
import { contentsOf } from './contents.ts';
import type { GatheredEntry } from './gather.ts';
import { nameIn } from './members.ts';
import type { Member } from './tar.ts';

/** The largest text kept for a merge, and the bytes of all of them. */
const MOST_BYTES = 256 * 1024;
const MOST_BYTES_IN_ALL = 16 * 2 ** 20;

/** A text as it was before the command, as a member of a tar. */
export interface OldText {
  readonly member: Member;
  readonly content: Buffer;
}

/**
 * The texts that were modified, as they were: for a merge, should someone else change one of them meanwhile. Not those that
 * are too large, and not one that someone changed already.
 */
export async function oldTexts(lower: Tree, entries: readonly GatheredEntry[]): Promise<readonly OldText[]> {
  const texts: OldText[] = [];
  const pace = createPace();
  let left = MOST_BYTES_IN_ALL;
  for (const gathered of entries) {
    const content = isMergeable(gathered, left) ? readText(lower, gathered) : null;
    if (content !== null) {
      texts.push({ member: memberOf(gathered, content.length), content });
      left -= content.length;
    }
    await pace();
  }
  return texts;
}

function isMergeable({ entry: { kind, before, after } }: GatheredEntry, left: number): boolean {
  if (kind !== 'modified' || before?.type !== 'file' || after === null) return false;
  return before.size <= Math.min(MOST_BYTES, left) && after.size <= MOST_BYTES;
}

/** A file's content if it is text and still what it was; null otherwise. */
function readText(lower: Tree, { key, entry, before }: GatheredEntry): Buffer | null {
  if (before === null) return null;
  try {
    const has = (sha256: string): boolean => sha256 === entry.before?.sha256;
    const content = contentsOf(lower, { key, entry: before, has }, 'leave');
    return Buffer.isBuffer(content) && isUtf8(content) && !content.includes(0) ? content : null;
  } catch (cause) {
    if (cause instanceof DrylaneError) return null;
    throw cause;
  }
}

function memberOf({ entry }: GatheredEntry, size: number): Member {
  return {
    ...{ type: 'file', name: nameIn(entry.path), size, target: null },
    ...{ mode: 0o600, uid: 0, gid: 0, mtimeNs: 0n },
  };
}
