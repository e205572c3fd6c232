import { publicKeys, readPublicKey } from '@drylane/dispatcher/receipt/keys';
import { readReceipts, writeReceipts } from '@drylane/dispatcher/receipt/lines';
import { type VerifyResult, verifyReceipts } from '@drylane/dispatcher/receipt/verify';
import { DrylaneError } from '@drylane/proto/errors';
import { keysOf } from './approvers.ts';

export { writeReceipts };

/**
 * Checks the receipts of some files, together, by public keys alone.
 * @throws DrylaneError `bad-input` where there is no key to check them by.
 */
export async function checkReceipts(
  files: readonly string[],
  keyFiles: readonly string[] | undefined,
  stateDir: string,
): Promise<VerifyResult> {
  const keys = keyFiles
    ? await Promise.all(keyFiles.map((file) => readPublicKey(file)))
    : await publicKeys(keysOf(stateDir));
  if (keys.length > 0) return verifyReceipts(files.flatMap(readReceipts), keys);
  throw new DrylaneError('bad-input', {
    field: '--key',
    message: 'there is no public key to check by',
    mend: 'name it: --key keys/receipts.pub of the state directory that they come from, or ask the operator of the fleet',
  });
}
