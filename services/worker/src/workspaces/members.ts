import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DrylaneError } from '@drylane/proto/errors';
import { extract, type Header } from 'tar-stream';
import type { Member, ReadMember } from '../changeset/tar.ts';
import { refused } from './refuse.ts';

const TYPES = {
  file: 'file',
  directory: 'directory',
  symlink: 'symlink',
} as const satisfies Record<Member['type'], Member['type']>;

/** What a tar can hold besides, and why a workspace cannot. */
const OTHERS: Readonly<Record<string, readonly [message: string, mend: string]>> = {
  link: ['is a hard link', 'pack it with --hard-dereference'],
  'character-device': ['is a device', 'exclude it'],
  'block-device': ['is a device', 'exclude it'],
  fifo: ['is a FIFO', 'exclude it'],
};

const BLOCK = 512;
/** A tar ends with two blocks of zeros (POSIX, pax, "ustar Interchange Format"). */
const END_BYTES = 2 * BLOCK;

/**
 * Reads the members of a tar that anyone may have made. Their names are not looked at here: that is `places.ts`. All
 * contents of a member have to be read before the next is asked for.
 * @throws DrylaneError: any that `bytes` throws, and `bad-input` for what no workspace can hold and for a tar that is not
 * whole.
 */
export async function* readMembers(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ReadMember, void, void> {
  const tar = extract();
  const zeros = { from: 0, total: 0 };
  const fed = pipeline(Readable.from(watchZeros(bytes, zeros)), tar).then(
    () => null,
    (cause: unknown) => ({ cause }),
  );
  let end = 0;
  try {
    for await (const entry of tar) {
      const { header } = entry;
      yield { member: memberOf(header), content: contentOf(entry) };
      end = offsetOf(header) + Math.ceil(header.size / BLOCK) * BLOCK;
    }
    // tar-stream takes the end of the bytes for the end of the tar: one that was cut between two members is not told.
    const failed = await fed;
    if (failed !== null) throw failed.cause;
    if (zeros.from > end || zeros.total < end + END_BYTES) throw notWhole();
  } catch (cause) {
    throw asNotWhole(cause);
  } finally {
    tar.destroy();
    await fed;
  }
}

/** The contents of an entry; what is wrong with the tar may show in the middle of them. */
async function* contentOf(entry: AsyncIterable<unknown>): AsyncGenerator<Uint8Array, void, void> {
  try {
    for await (const chunk of entry) if (chunk instanceof Uint8Array) yield chunk;
  } catch (cause) {
    throw asNotWhole(cause);
  }
}

const asNotWhole = (cause: unknown): DrylaneError =>
  cause instanceof DrylaneError ? cause : notWhole(cause);

/** Notes where the zeros begin that a tar ends with, and how long it is. */
async function* watchZeros(
  bytes: AsyncIterable<Uint8Array>,
  zeros: { from: number; total: number },
): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of bytes) {
    let last = chunk.length;
    while (last > 0 && chunk[last - 1] === 0) last -= 1;
    if (last > 0) zeros.from = zeros.total + last;
    zeros.total += chunk.length;
    yield chunk;
  }
}

/** Where the contents of a member begin; tar-stream tells it, its types do not. */
function offsetOf(header: Header): number {
  const offset = 'byteOffset' in header ? header.byteOffset : undefined;
  if (typeof offset !== 'number') throw new Error('tar-stream no longer tells where a member begins');
  return offset;
}

function memberOf({ type: kind, name, mode, uid, gid, size, mtime, linkname, pax }: Header): Member {
  const records = recordsOf(pax);
  const type = Object.values(TYPES).find((known) => known === kind);
  if (type === undefined) throw refused(name, ...(OTHERS[String(kind)] ?? UNKNOWN));
  // Sparse files are stored as a map and what is not zeros: taken as they stand, they would be other files.
  if ([...records.keys()].some((key) => key.startsWith('GNU.sparse.')))
    throw refused(name, 'is stored as a sparse file', 'pack it without --sparse');
  if (type !== 'file' && size !== 0) throw refused(name, 'has contents, and is no file', 'pack it again');
  const time = records.get('mtime') ?? String(Math.floor(mtime.getTime() / 1000));
  return {
    ...{ type, name, mode, uid, gid, size },
    mtimeNs: nanoseconds(name, time),
    target: type === 'symlink' ? linkname : null,
  };
}

const UNKNOWN = ['is nothing that a workspace can hold', 'exclude it'] as const;

function recordsOf(pax: unknown): ReadonlyMap<string, string> {
  const records: [string, unknown][] = typeof pax === 'object' && pax !== null ? Object.entries(pax) : [];
  return new Map(records.map(([key, value]) => [key, String(value)]));
}

const NS = 1_000_000_000n;
/** What file systems have room for: 1901 to 2446 (ext4, "Inode Timestamps"). */
const TIMES = { first: -(2n ** 31n) * NS, last: (2n ** 34n - 2n ** 31n) * NS } as const;

/** Decimal seconds, as a pax record has them, in nanoseconds. */
function nanoseconds(name: string, seconds: string): bigint {
  const [, sign, whole = '', fraction = ''] = /^(-?)(\d{1,12})(?:\.(\d{1,40}))?$/.exec(seconds) ?? [];
  const size = whole === '' ? TIMES.last : BigInt(whole) * NS + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  const ns = sign === '-' ? -size : size;
  if (ns < TIMES.first || ns >= TIMES.last)
    throw refused(name, 'has a time that no file system can keep', 'touch it');
  return ns;
}

const notWhole = (cause?: unknown): DrylaneError =>
  refused('snapshot', 'is not a whole tar', 'pack it again: drylane does it by itself', cause);
