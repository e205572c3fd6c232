import type { Blobs } from '@drylane/chassis/blobs/blobs';
import type { Approval } from '@drylane/proto/approval';
import type { Ledger } from '../ledger/ledger.ts';
import type { Signer } from '../receipt/sign.ts';

/** What every move of a run needs: the ledger, the blobs, the key for receipts, and who counts as a person. */
export interface Desk {
  readonly ledger: Ledger;
  readonly blobs: Blobs;
  /** The signer of receipts; its key may be made when it is first asked for. */
  signer(): Promise<Signer>;
  /** Those of some approvals that are proven to be of whom they name. */
  proven(approvals: readonly Approval[]): Promise<readonly Approval[]>;
}
