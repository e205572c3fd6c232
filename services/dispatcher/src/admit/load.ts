import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Digest, digestOfJson } from '@drylane/proto/digest';
import { MAX_DOCUMENT_BYTES } from '@drylane/proto/document';
import { DrylaneError } from '@drylane/proto/errors';
import { type ParsedPolicy, parsePolicy } from './policy.ts';

/** A policy with where it came from and the digest that runs record, which is that of everything but its examples. */
export interface LoadedPolicy extends ParsedPolicy {
  readonly digest: Digest;
  /** Whether it is one we ship, rather than an operator's. */
  readonly shipped: boolean;
}

/** The policies we ship. Such a word alone is their name, and never a file's, which is meant by `./strict`. */
export const PRESETS = ['standard', 'strict', 'open'] as const;
type Preset = (typeof PRESETS)[number];

/** Whether a text names a policy that we ship, rather than a file. */
export const isPreset = (name: string): name is Preset => (PRESETS as readonly string[]).includes(name);
const fileOf = (preset: Preset): string =>
  fileURLToPath(new URL(`../../policies/${preset}.yaml`, import.meta.url));

/**
 * Reads the policy at a path, or one that we ship: by its name, `standard` where none is named.
 * @throws DrylaneError 'bad-policy' when it cannot be read or does not load.
 */
export async function loadPolicy(path: string | undefined): Promise<LoadedPolicy> {
  const { bytes, name, shipped } = await readPolicyFile(path ?? 'standard');
  const parsed = await parsePolicy(bytes, name);
  return { ...parsed, digest: digestOfJson(parsed.policy), shipped };
}

/** The text of a policy, what to call it, and whether it is one we ship. @throws DrylaneError 'bad-policy'. */
export async function readPolicyFile(path: string) {
  const shipped = isPreset(path);
  const file = shipped ? fileOf(path) : path;
  return { bytes: await read(file), name: shipped ? basename(file) : file, shipped };
}

/**
 * The directories that workspaces may lie in. An operator's policy is taken at its word; `own` (the directory
 * drylane was started in) counts where the policy names none, and beside those of the policy that we ship.
 */
export function rootsOf({ policy, shipped }: LoadedPolicy, own: readonly string[]): readonly string[] {
  const named = policy.workspaces?.roots;
  if (named === undefined) return own;
  return shipped ? [...named, ...own] : named;
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readBounded(path);
  } catch (cause) {
    if (cause instanceof DrylaneError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw unreadable(path, UNREADABLE[code] ?? `cannot be read (${code})`, cause);
  }
}

function unreadable(path: string, message: string, cause?: unknown): DrylaneError {
  const mend = `name a file, or one that comes with drylane: ${PRESETS.join(', ')}`;
  return new DrylaneError('bad-policy', { field: path, message, mend }, { cause });
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  EACCES: 'may not be read by this user',
  ENXIO: 'is not a regular file',
};

/** The bytes of a regular file, asked for only once it is known to be one, and how large. */
async function readBounded(path: string): Promise<Uint8Array> {
  // Without waiting for whoever would write into a pipe.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const status = await file.stat();
    if (status.isDirectory()) throw unreadable(path, 'is a directory');
    if (!status.isFile()) throw unreadable(path, 'is not a regular file');
    if (status.size > MAX_DOCUMENT_BYTES)
      throw new DrylaneError('bad-policy', {
        field: path,
        message: `holds ${status.size} bytes, more than ${MAX_DOCUMENT_BYTES}`,
        mend: 'write fewer rules and examples',
      });
    // A byte more, so that one which grew is refused; those of /proc say that they are empty.
    const chunks: Uint8Array[] = [];
    const limits = { highWaterMark: MAX_DOCUMENT_BYTES, end: MAX_DOCUMENT_BYTES };
    for await (const chunk of file.createReadStream({ ...limits, autoClose: false })) chunks.push(chunk);
    return Buffer.concat(chunks);
  } finally {
    await file.close();
  }
}
