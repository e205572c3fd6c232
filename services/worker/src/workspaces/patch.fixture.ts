import { hash } from 'node:crypto';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { type ChangeSetEntry, comparePaths, kindOf } from '@drylane/proto/change-set';
import type { FileState } from '@drylane/proto/evidence';
import { decodePath, encodePath } from '@drylane/proto/paths';
import type { PatchContents } from './patch.ts';

/** The head of a patch. */
export const HEAD = {
  author: { name: 'A Person', email: 'a@example.org' },
  date: new Date('2026-11-20T10:11:12Z'),
  subject: 'Normalize the frontmatter',
  trailers: { 'Drylane-Run': 'run_0' },
};

/** What stands at a path: a file by contents and mode, a link by its target, or nothing. */
export type Thing = { readonly file: Buffer; readonly mode: number } | { readonly link: string } | null;

/** What stood at each path, and what stands there now. */
export type Things = Readonly<Record<string, readonly [before: Thing, after: Thing]>>;

/** A file. */
export const file = (content: string | Buffer, mode = 0o644): Thing => ({ file: Buffer.from(content), mode });

/** The name of a path in a directory of this machine, by its bytes. */
export const nameIn = (directory: string, path: string): Buffer =>
  Buffer.concat([Buffer.from(`${directory}/`), decodePath(path)]);

/** Puts a thing at a path. */
export function write(directory: string, path: string, thing: Thing): void {
  if (thing === null) return;
  const name = nameIn(directory, path);
  mkdirSync(name.subarray(0, name.lastIndexOf('/')), { recursive: true });
  if ('link' in thing) symlinkSync(thing.link, name);
  else {
    writeFileSync(name, thing.file);
    chmodSync(name, thing.mode);
  }
}

/** What evidence says of a thing. */
export function stateOf(thing: Thing): FileState | null {
  if (thing === null) return null;
  const owner = { uid: 0, gid: 0 };
  if ('link' in thing) {
    const target = encodePath(Buffer.from(thing.link));
    return { type: 'symlink', size: 0, mode: '0777', ...owner, sha256: null, target };
  }
  const mode = thing.mode.toString(8).padStart(4, '0');
  const sha256 = hash('sha256', thing.file);
  return { type: 'file', size: thing.file.length, mode, ...owner, sha256, target: null };
}

/** What a change set says of things. */
export function entriesOf(things: Things): ChangeSetEntry[] {
  const entries = Object.entries(things).flatMap(([path, [before, after]]) => {
    const [old, now] = [stateOf(before), stateOf(after)];
    const kind = kindOf(old, now);
    return kind === undefined ? [] : [{ path, kind, before: old, after: now, mtime: null }];
  });
  return entries.sort((a, b) => comparePaths(a.path, b.path));
}

/** Where the files among things are read. */
export function contentsOf(things: Things): PatchContents {
  const read = (side: 0 | 1) => async (path: string) => {
    const thing = things[path]?.[side];
    if (!thing || !('file' in thing)) throw new Error(`asked for ${path}`);
    return thing.file;
  };
  return { before: read(0), after: read(1) };
}
