import { join } from 'node:path';
import { fileBlobs } from '@drylane/chassis/blobs/files';
import type { Desk } from '@drylane/dispatcher/desk/desk';
import type { Ledger } from '@drylane/dispatcher/ledger/ledger';
import { openSqliteLedger } from '@drylane/dispatcher/ledger/sqlite';
import type { Signer } from '@drylane/dispatcher/receipt/sign';
import { makeStateDirectory } from '../state.ts';
import { keysOf, proven } from './approvers.ts';

/** The desk of one machine: everything is kept in a state directory. */
export interface LocalDesk extends Desk, AsyncDisposable {
  readonly stateDir: string;
  close(): Promise<void>;
}

/** Opens a state directory, made for its owner alone if it is not there. */
export async function openDesk(stateDir: string, env: NodeJS.ProcessEnv): Promise<LocalDesk> {
  makeStateDirectory(stateDir);
  return deskOver(stateDir, await openSqliteLedger(ledgerFile(stateDir)), env);
}

/** Where the ledger of a state directory is. */
export const ledgerFile = (stateDir: string): string => join(stateDir, 'ledger.sqlite');

/** The desk of a state directory whose ledger is open. */
export function deskOver(stateDir: string, ledger: Ledger, env: NodeJS.ProcessEnv): LocalDesk {
  let signer: Promise<Signer> | undefined;
  const close = (): Promise<void> => ledger.close();
  return {
    stateDir,
    ledger,
    blobs: fileBlobs(join(stateDir, 'blobs')),
    signer() {
      signer ??= openKey(stateDir, env);
      return signer;
    },
    proven: (approvals) => proven(stateDir, approvals),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function openKey(stateDir: string, env: NodeJS.ProcessEnv): Promise<Signer> {
  // Loaded when it is needed: reading what was kept needs no key.
  const { openSigner } = await import('@drylane/dispatcher/receipt/keys');
  return openSigner({ directory: keysOf(stateDir), env });
}
