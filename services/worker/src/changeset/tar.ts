import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DrylaneError } from '@drylane/proto/errors';
import { extract, type Header, type Pack, pack } from 'tar-stream';

/** One member of a tar, without its contents. */
export interface Member {
  readonly type: 'file' | 'directory' | 'symlink';
  /** As in the tar, less a slash at its end. */
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes; 0 for what is not a regular file. */
  readonly size: number;
  /** Nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  /** Of a symbolic link. */
  readonly target: string | null;
}

/** Contents of a regular file: bytes at hand, or bytes that come one by one. */
export type Contents = Buffer | AsyncIterable<Uint8Array>;

/** A member that was read, with its contents; what is left unread of them is passed over. */
export interface ReadMember {
  readonly member: Member;
  readonly content: AsyncIterable<Uint8Array>;
}

const TYPES = ['file', 'directory', 'symlink'] as const satisfies readonly Member['type'][];

const NS = 1_000_000_000n;
/** What tar-stream's headers have room for; they would hold another number beyond it. */
const MAX_ID = 0o777777;
const MAX_SECONDS = 2n ** 31n - 1n;
/** Makes a mode of 0 a number that tar-stream does not take for none; its header holds the lower bits alone. */
const SOME_MODE = 0o100000;

/**
 * Writes a tar. Equal members with equal contents give equal bytes: no clock and no user's name is in there. What a
 * header cannot say is said in pax records. @throws whatever `contents` throws, and an error where they are longer or
 * shorter than the member says.
 */
export async function* writeTar(
  members: Iterable<Member>,
  contents: (member: Member) => Contents | Promise<Contents>,
): AsyncGenerator<Uint8Array, void, void> {
  const tar = pack();
  const filled = fill(tar, members, contents).catch((cause: unknown) => {
    tar.destroy(cause instanceof Error ? cause : new Error('a tar was not written', { cause }));
  });
  try {
    for await (const chunk of tar) if (chunk instanceof Uint8Array) yield chunk;
  } finally {
    tar.destroy();
    await filled;
  }
}

async function fill(
  tar: Pack,
  members: Iterable<Member>,
  contents: (member: Member) => Contents | Promise<Contents>,
): Promise<void> {
  for (const member of members) {
    const header = headerOf(member);
    const content = member.size === 0 ? Buffer.alloc(0) : await contents(member);
    if (!Buffer.isBuffer(content)) await pipeline(Readable.from(content), tar.entry(header));
    else if (content.length === member.size) await addWhole(tar, header, content);
    else throw new Error('contents are not as long as was said');
  }
  tar.finalize();
}

function addWhole(tar: Pack, header: ReturnType<typeof headerOf>, content: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null): void => (error ? reject(error) : resolve());
    if (header.type === 'file') tar.entry(header, content, done);
    else tar.entry(header, done);
  });
}

function headerOf({ type, name, mode, uid, gid, size, mtimeNs, target }: Member) {
  const seconds = mtimeNs / NS;
  const plain = mtimeNs >= 0n && mtimeNs % NS === 0n && seconds <= MAX_SECONDS;
  const pax = {
    ...(uid > MAX_ID ? { uid: String(uid) } : {}),
    ...(gid > MAX_ID ? { gid: String(gid) } : {}),
    ...(plain ? {} : { mtime: decimalSeconds(mtimeNs) }),
  };
  return {
    ...{ type, name, mode: mode | SOME_MODE, size },
    ...{ uid: Math.min(uid, MAX_ID), gid: Math.min(gid, MAX_ID) },
    mtime: new Date(plain ? Number(seconds) * 1000 : 0),
    ...(target === null ? {} : { linkname: target }),
    ...(Object.keys(pax).length > 0 ? { pax } : {}),
  };
}

/** As a pax record has it (POSIX, pax, "pax Header File Times"): decimal seconds, with a sign. */
function decimalSeconds(ns: bigint): string {
  const size = ns < 0n ? -ns : ns;
  const fraction = (size % NS).toString().padStart(9, '0');
  return `${ns < 0n ? '-' : ''}${size / NS}.${fraction}`.replace(/\.?0+$/, '');
}

/**
 * Reads a tar of files, directories and symbolic links.
 * @throws DrylaneError: any that `bytes` throws, and `internal` for what is no such tar or cannot be read.
 */
export async function* readTar(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ReadMember, void, void> {
  const tar = extract();
  const fed = pipeline(Readable.from(bytes), tar).then(
    () => null,
    (cause: unknown) => ({ cause }),
  );
  try {
    for await (const entry of tar) {
      const { content, skip } = contentOf(entry);
      yield { member: memberOf(entry.header), content };
      await skip();
    }
    // The bytes may be complained of at their end, when all members have been read.
    const failed = await fed;
    if (failed !== null) throw failed.cause;
  } catch (cause) {
    throw asNoTar(cause);
  } finally {
    tar.destroy();
    await fed;
  }
}

/** What complains of the bytes says so by itself; anything else is tar-stream, which could not make sense of them. */
const asNoTar = (cause: unknown): DrylaneError =>
  cause instanceof DrylaneError ? cause : new DrylaneError('internal', NO_TAR, { cause });

const NO_TAR = {
  field: 'layer',
  message: 'the bytes are not a tar of files, directories and symbolic links',
  mend: 'rehearse again, and check the disk',
};

/** The contents of an entry, and a way past what is left of them: to stop reading them must not stop the tar. */
function contentOf(entry: AsyncIterable<unknown>): {
  content: AsyncIterable<Uint8Array>;
  skip: () => Promise<void>;
} {
  const chunks = entry[Symbol.asyncIterator]();
  let ended = false;
  async function* rest(): AsyncGenerator<Uint8Array, void, void> {
    while (!ended) {
      const next = await chunks.next().catch((cause: unknown) => {
        throw asNoTar(cause);
      });
      ended = next.done === true;
      if (next.value instanceof Uint8Array) yield next.value;
    }
  }
  return {
    content: rest(),
    skip: async () => {
      for await (const _ of rest());
    },
  };
}

function memberOf({ type: kind, name, mode, uid, gid, size, mtime, linkname, pax }: Header): Member {
  const type = TYPES.find((known) => known === kind);
  if (type === undefined) throw new DrylaneError('internal', NO_TAR);
  return {
    ...{ type, name, mode, size },
    uid: Number(recordOf(pax, 'uid') ?? uid),
    gid: Number(recordOf(pax, 'gid') ?? gid),
    mtimeNs: nanoseconds(recordOf(pax, 'mtime') ?? String(mtime.getTime() / 1000)),
    target: type === 'symlink' ? linkname : null,
  };
}

function recordOf(pax: unknown, key: string): string | undefined {
  const records: [string, unknown][] = typeof pax === 'object' && pax !== null ? Object.entries(pax) : [];
  const value = records.find(([name]) => name === key)?.[1];
  return value === undefined ? undefined : String(value);
}

function nanoseconds(seconds: string): bigint {
  const [, sign, whole = '', fraction = ''] = /^(-?)(\d{1,20})(?:\.(\d{1,9}))?$/.exec(seconds) ?? [];
  if (whole === '') throw new DrylaneError('internal', NO_TAR);
  const ns = BigInt(whole) * NS + BigInt(fraction.padEnd(9, '0'));
  return sign === '-' ? -ns : ns;
}
