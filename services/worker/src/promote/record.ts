import type { FileType } from '@drylane/proto/evidence';
import type { Attributes, Effect, Held, Staged, Stamp } from './effect.ts';

/** One line of a journal. */
export type JournalRecord =
  /** Comes before anything is made in the workspace. */
  | {
      readonly record: 'opened';
      readonly runId: string;
      readonly workspace: string;
      readonly dev: bigint;
      readonly ino: bigint;
      readonly stage: string;
      readonly digest: string;
      readonly owner: string;
      /** The workspace's root. */
      readonly held: Held;
    }
  /** Comes when the stage was made, and before anything is in it: by this number it is known again. */
  | { readonly record: 'stage'; readonly ino: bigint }
  /** Comes before the first effect. */
  | {
      readonly record: 'planned';
      readonly effects: readonly Effect[];
      readonly staged: Staged;
      /** Paths whose text was merged. */
      readonly merged: readonly string[];
      /** Other directories in which something comes or goes. */
      readonly held: readonly Held[];
    }
  /** From here on it goes forward only. */
  | { readonly record: 'committed' }
  /** Nothing of ours is left in the workspace. */
  | { readonly record: 'ended'; readonly result: End };

/** How an apply ended; `unknown` where somebody took away what it could have been undone with. */
export type End = (typeof ENDS)[number];

const ENDS = ['promoted', 'rolled-back', 'unknown'] as const;

/** The first record of a journal. */
export type Opened = Extract<JournalRecord, { readonly record: 'opened' }>;

/** What there is to undo. */
export type Planned = Extract<JournalRecord, { readonly record: 'planned' }>;

/** A record as a line of JSON. */
export function encodeRecord(record: JournalRecord): string {
  const plain = record.record === 'planned' ? { ...record, staged: [...record.staged] } : record;
  return `${JSON.stringify(plain, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))}\n`;
}

/** What {@link encodeRecord} wrote, less its line's end; undefined for anything else, as a line that was torn. */
export function decodeRecord(line: string): JournalRecord | undefined {
  try {
    return recordFrom(fieldsOf(JSON.parse(line)));
  } catch {
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function recordFrom(fields: Fields): JournalRecord {
  switch (fields.record) {
    case 'opened':
      return {
        record: 'opened',
        ...{ runId: text(fields.runId), workspace: text(fields.workspace), stage: text(fields.stage) },
        ...{ dev: bigint(fields.dev), ino: bigint(fields.ino) },
        ...{ digest: text(fields.digest), owner: text(fields.owner), held: heldFrom(fields.held) },
      };
    case 'stage':
      return { record: 'stage', ino: bigint(fields.ino) };
    case 'planned':
      return {
        record: 'planned',
        merged: list(fields.merged).map(text),
        held: list(fields.held).map(heldFrom),
        effects: list(fields.effects).map((effect) => effectFrom(fieldsOf(effect))),
        staged: new Map(
          list(fields.staged).map((pair) => [text(list(pair)[0]), stampFrom(list(pair)[1])] as const),
        ),
      };
    case 'committed':
      return { record: 'committed' };
    case 'ended':
      return { record: 'ended', result: oneOf(ENDS, fields.result) };
    default:
      throw new TypeError('no record');
  }
}

function effectFrom(fields: Fields): Effect {
  const key = text(fields.key);
  switch (fields.do) {
    case 'stash':
      return { do: 'stash', key, n: whole(fields.n), was: stampFrom(fields.was) };
    case 'replace':
      return { do: 'replace', key, n: whole(fields.n), was: stampFrom(fields.was) };
    case 'place': {
      const become = attributesFrom(fieldsOf(fields.become));
      return { do: 'place', key, n: whole(fields.n), type: oneOf(TYPES, fields.type), become };
    }
    case 'attributes': {
      const become = attributesFrom(fieldsOf(fields.become));
      return { do: 'attributes', key, was: stampFrom(fields.was), become };
    }
    case 'times':
      return { do: 'times', key, was: stampFrom(fields.was), mtimeNs: bigint(fields.mtimeNs) };
    default:
      throw new TypeError('no effect');
  }
}

function stampFrom(value: unknown): Stamp {
  const { type, mode, uid, gid, size, nlink, ino, mtimeNs, ctimeNs } = fieldsOf(value);
  return {
    type: oneOf(TYPES, type),
    ...{ mode: whole(mode), uid: whole(uid), gid: whole(gid), size: whole(size), nlink: whole(nlink) },
    ...{ ino: bigint(ino), mtimeNs: bigint(mtimeNs), ctimeNs: bigint(ctimeNs) },
  };
}

function heldFrom(value: unknown): Held {
  const { key, ino, mtimeNs, names } = fieldsOf(value);
  return {
    ...{ key: text(key), ino: bigint(ino), mtimeNs: bigint(mtimeNs) },
    names: names === null ? null : text(names),
  };
}

function attributesFrom({ mode, uid, gid, mtimeNs }: Fields): Attributes {
  const time = mtimeNs === null ? null : bigint(mtimeNs);
  return { mode: whole(mode), uid: whole(uid), gid: whole(gid), mtimeNs: time };
}

function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('no object');
  return Object.fromEntries(Object.entries(value));
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('no list');
  return value;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('no text');
  return value;
}

function whole(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new TypeError('no whole number');
  return value;
}

function bigint(value: unknown): bigint {
  if (typeof value !== 'string' || !/^-?\d{1,24}$/.test(value)) throw new TypeError('no big number');
  return BigInt(value);
}

const TYPES = ['file', 'dir', 'symlink', 'fifo', 'socket', 'device'] as const satisfies readonly FileType[];

function oneOf<T extends string>(known: readonly T[], value: unknown): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new TypeError('none of those');
  return found;
}
