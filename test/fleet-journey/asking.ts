import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outside } from './outside.ts';

/** A workspace with a file in it. */
export interface Site {
  /** The directory, as workers know it, and as this process does. */
  readonly directory: string;
  readonly here: string;
  /** What stands in the file. */
  text(): Promise<string>;
  write(text: string): Promise<void>;
}

export async function makeSite({ workspaces, mounted }: Outside, name: string): Promise<Site> {
  const here = join(workspaces, name);
  const file = join(here, 'a.txt');
  await mkdir(here);
  await writeFile(file, 'old\n');
  return {
    directory: join(mounted, name),
    here,
    text: () => readFile(file, 'utf8'),
    write: (text) => writeFile(file, text),
  };
}

/** An envelope that may write the texts of a directory. */
export const envelope = (directory: string, command: string, more: object = {}) => ({
  ...{ command, working_dir: directory },
  intent: { mode: 'mutating', expected_writes: ['*.txt'] },
  ...more,
});

export const WRITE = 'echo new > a.txt';

/** Ends as it should not, which holds it until a person looks. */
export const heldEnvelope = (directory: string) =>
  envelope(directory, WRITE, { intent: { ...envelope('/', '').intent, expected_exit: [3] } });
