import { join } from 'node:path';
import type { Blobs } from '@drylane/chassis/blobs/blobs';
import { fileBlobs } from '@drylane/chassis/blobs/files';
import type { Ledger } from '@drylane/dispatcher/ledger/ledger';
import { openSqliteLedger } from '@drylane/dispatcher/ledger/sqlite';
import type { Signer } from '@drylane/dispatcher/receipt/sign';
import { makeStateDirectory } from '../state.ts';

/** What is kept in a state directory: the ledger, the blobs, and the key that receipts are signed with. */
export interface Desk extends AsyncDisposable {
  readonly stateDir: string;
  readonly ledger: Ledger;
  readonly blobs: Blobs;
  /** The signer of receipts; its key is made when it is first asked for. */
  signer(): Promise<Signer>;
  close(): Promise<void>;
}

/** Where the keys of a state directory are. */
export const keysOf = (stateDir: string): string => join(stateDir, 'keys');

/** Opens a state directory, made for its owner alone if it is not there. */
export async function openDesk(stateDir: string, env: NodeJS.ProcessEnv): Promise<Desk> {
  makeStateDirectory(stateDir);
  const ledger = await openSqliteLedger(join(stateDir, 'ledger.sqlite'));
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
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function openKey(stateDir: string, env: NodeJS.ProcessEnv): Promise<Signer> {
  // Loaded when it is needed: reading what was kept needs no key.
  const { openSigner } = await import('@drylane/dispatcher/receipt/keys');
  return openSigner({ directory: keysOf(stateDir), env });
}
