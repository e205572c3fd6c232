import { realpath } from 'node:fs/promises';
import type { Part } from '@drylane/chassis/shutdown/shutdown';
import { type LoadedPolicy, rootsOf } from '@drylane/dispatcher/admit/load';
import type { Database } from '@drylane/dispatcher/ledger/database';
import { openSqlite } from '@drylane/dispatcher/ledger/sqlite';
import { storedLedger } from '@drylane/dispatcher/ledger/store';
import { DrylaneError } from '@drylane/proto/errors';
import type { WarmOptions } from '@drylane/worker/sandbox/warm/pool';
import { makeStateDirectory } from '../../state.ts';
import { deskOver, type LocalDesk, ledgerFile } from '../desk.ts';
import { openPolicy } from '../policy.ts';
import { type LastingQuarters, openLastingQuarters } from '../quarters.ts';
import { recoverRuns } from '../recovery.ts';
import { type Hold, holdState } from './hold.ts';

export interface GroundOptions {
  readonly stateDir: string;
  /** Undefined: the policy that comes with drylane. */
  readonly policyFile: string | undefined;
  /** Directories that whoever starts this vouches for, where policy names none. */
  readonly roots: readonly string[];
  /** Undefined: no containers are kept that wait. */
  readonly warm: WarmOptions | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** What a `drylane up` stands on. */
export interface Ground {
  readonly policy: LoadedPolicy;
  /** Directories that workspaces may lie in, as real paths: those that were named, and all that count. */
  readonly own: readonly string[];
  readonly roots: readonly string[];
  readonly hold: Hold;
  readonly database: Database;
  readonly desk: LocalDesk;
  readonly quarters: LastingQuarters;
}

/** Takes the state directory, and brings to its end what dead processes left in it; `parts` gets what has to be closed. */
export async function openGround(options: GroundOptions, parts: Part[]): Promise<Ground> {
  const { stateDir, policyFile, warm, env } = options;
  const own = await Promise.all(options.roots.map(realDirectory));
  const policy = await openPolicy(policyFile);
  const roots = await thoseThere(rootsOf(policy, own));
  makeStateDirectory(stateDir);
  const hold = await holdState(stateDir);
  parts.push({ name: 'place', close: async () => hold.release() });
  const database = await openSqlite(ledgerFile(stateDir));
  const desk = deskOver(stateDir, storedLedger(database.db, database.retry), env);
  parts.push({ name: 'ledger', close: () => desk.close() });
  const quarters = await openLastingQuarters(stateDir, warm);
  parts.push({ name: 'sandbox', close: () => quarters.close() });
  await recoverRuns(desk);
  return { policy, own, roots, hold, database, desk, quarters };
}

async function realDirectory(path: string): Promise<string> {
  return realpath(path).catch((cause: NodeJS.ErrnoException) => {
    const problem = {
      ...{ field: '--workspace', message: `${path} is not there (${cause.code})` },
      mend: 'name a directory that is',
    };
    throw new DrylaneError('bad-input', problem, { cause });
  });
}

async function thoseThere(paths: readonly string[]): Promise<readonly string[]> {
  const real = await Promise.all(paths.map((path) => realpath(path).catch(() => null)));
  return [...new Set(real.flatMap((path) => path ?? []))];
}
