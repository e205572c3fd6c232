import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Blobs } from '@drylane/chassis/blobs/blobs';
import { fileBlobs } from '@drylane/chassis/blobs/files';
import type { Digest } from '@drylane/proto/digest';
import { type Rehearsed, rehearse } from '../evidence/rehearsed.fixture.ts';
import { type BuiltChangeSet, buildChangeSet } from './build.ts';
import { type Gathered, gather } from './gather.ts';

/** A rehearsal's workspace with the store that its change set goes to. */
export interface Changed extends Rehearsed {
  readonly blobs: Blobs;
  /** A directory of this test alone. */
  readonly scratch: string;
  gather(): Promise<Gathered>;
  /** Gathers and builds; undefined where `build` says so. */
  build(): Promise<BuiltChangeSet | undefined>;
  /** The file that a blob is kept in, for tools that read files. */
  fileOf(digest: Digest): string;
}

/** Gives everything in a workspace a time that no rehearsal of today has. */
export const OLD_TIMES = 'find . -exec touch -h -d @1000000000.5 {} +';

/** Makes a workspace, and changes it under an overlay. */
export async function change(prepare: string, command: string): Promise<Changed> {
  const scratch = mkdtempSync(join(tmpdir(), 'drylane-changeset-'));
  const rehearsed = await rehearse(prepare);
  const blobs = fileBlobs(join(scratch, 'blobs'));
  const fromNs = BigInt(Date.now()) * 1_000_000n;
  rehearsed.run(command);
  const toNs = BigInt(Date.now()) * 1_000_000n;
  const gatherAll = async () => gather(rehearsed.view, await rehearsed.observe(), { fromNs, toNs });
  return {
    ...rehearsed,
    blobs,
    scratch,
    gather: gatherAll,
    build: async () => buildChangeSet(rehearsed.view, await gatherAll(), blobs),
    fileOf: (digest) => join(scratch, 'blobs', digest.slice(7, 9), digest.slice(9)),
    end: async () => {
      await rehearsed.end();
      rmSync(scratch, { recursive: true });
    },
  };
}

/** The names that GNU tar lists in a file, in its order. */
export function listed(tar: string): string[] {
  const output = execFileSync('tar', ['-tf', tar, '--quoting-style=literal'], { encoding: 'utf8' });
  return output.split('\n').slice(0, -1);
}

/**
 * Does to a directory what a layer says, the way any tool would: removes what whiteouts name and what has to make room,
 * then lets GNU tar unpack the rest. Names must not hold newlines.
 */
export function unpackOver(directory: string, tar: string): void {
  const types = execFileSync('tar', ['-tvf', tar], { encoding: 'utf8' }).split('\n');
  for (const [index, name] of listed(tar).entries()) {
    const slash = name.lastIndexOf('/', name.length - 2) + 1;
    const base = name.slice(slash);
    if (base.startsWith('.wh.')) {
      rmSync(join(directory, name.slice(0, slash), base.slice(4)), { recursive: true });
      continue;
    }
    const path = join(directory, name);
    const standing = lstatSync(path, { throwIfNoEntry: false });
    if (standing && !(standing.isDirectory() && types[index]?.startsWith('d')))
      rmSync(path, { recursive: true });
  }
  execFileSync('tar', [
    '-xpf',
    tar,
    '--warning=no-timestamp',
    '--same-owner',
    '--numeric-owner',
    '--exclude=.wh.*',
    '-C',
    directory,
  ]);
}
