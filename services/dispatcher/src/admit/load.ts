import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Digest, digestOfJson } from '@drylane/proto/digest';
import { DrylaneError } from '@drylane/proto/errors';
import { type ParsedPolicy, parsePolicy } from './policy.ts';

/** A policy with where it came from and the digest that runs record, which is that of everything but its examples. */
export interface LoadedPolicy extends ParsedPolicy {
  readonly digest: Digest;
  /** Whether it is the one we ship, rather than an operator's. */
  readonly shipped: boolean;
}

const STANDARD = fileURLToPath(new URL('../../policies/standard.yaml', import.meta.url));

/**
 * Reads the policy at a path, or the one we ship as `standard`.
 * @throws DrylaneError 'bad-policy' when it cannot be read or does not load.
 */
export async function loadPolicy(path: string | undefined): Promise<LoadedPolicy> {
  const bytes = await read(path ?? STANDARD);
  const parsed = await parsePolicy(bytes, path ?? basename(STANDARD));
  return { ...parsed, digest: digestOfJson(parsed.policy), shipped: path === undefined };
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
    return await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new DrylaneError(
      'bad-policy',
      { field: path, message: `cannot be read (${code})`, mend: 'correct the path of --policy' },
      { cause },
    );
  }
}
