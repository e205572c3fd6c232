import { join } from 'node:path';
import { signApproval, verifyApproval } from '@drylane/dispatcher/receipt/approval';
import {
  type ApproverKey,
  approverKeys,
  makeApprover,
  openApprover,
} from '@drylane/dispatcher/receipt/approver';
import type { Approval, Approver } from '@drylane/proto/approval';
import { DrylaneError } from '@drylane/proto/errors';

/** Where the keys of a state directory are. */
export const keysOf = (stateDir: string): string => join(stateDir, 'keys');

/** Whoever can be asked for a name and for a passphrase. */
export interface Asked {
  readonly name: string;
  ask(question: string): Promise<string | undefined>;
  askHidden(question: string): Promise<string | undefined>;
}

/** Who approves, and how the approval is signed where they have a key. */
export interface Approving {
  readonly approver: Approver;
  readonly sign?: (approval: Approval) => Approval;
}

/**
 * Finds out who the person at the terminal is: by their key, as soon as anybody has set one up; else by the terminal.
 * @throws DrylaneError `bad-input` for a name that has no key, or another passphrase.
 */
export async function approverAt(stateDir: string, person: Asked): Promise<Approving> {
  const keys = await approverKeys(keysOf(stateDir));
  if (keys.length === 0) return { approver: { id: `person:${person.name}`, proof: 'terminal' } };
  const name = await nameAmong(keys, person);
  const passphrase = (await person.askHidden(`Passphrase of ${name}: `)) ?? '';
  const signer = await openApprover(lockedKey(stateDir, name), passphrase);
  // By the name inside, which is the one that the signature speaks for.
  const approver = { id: signer.name, proof: 'key' } as const;
  return { approver, sign: (approval) => signApproval(approval, signer) };
}

async function nameAmong(keys: readonly ApproverKey[], person: Asked): Promise<string> {
  const [only] = keys;
  if (only !== undefined && keys.length === 1) return only.name;
  const names = keys.map(({ name }) => name);
  const typed = (await person.ask(`Who approves (${names.join(', ')})? `))?.trim() ?? '';
  if (names.includes(typed)) return typed;
  throw new DrylaneError('bad-input', {
    field: 'approver',
    message: `${typed} has no approver key here`,
    mend: `one of: ${names.join(', ')}`,
  });
}

/**
 * The approvals that count: those that were signed by whom they name and, as long as nobody has a key, those that were
 * given at a terminal.
 */
export async function proven(stateDir: string, approvals: readonly Approval[]): Promise<readonly Approval[]> {
  if (approvals.length === 0) return approvals;
  const keys = await approverKeys(keysOf(stateDir));
  return approvals.filter((approval) =>
    approval.approver.proof === 'key' ? verifyApproval(approval, keys) === 'good' : keys.length === 0,
  );
}

/** Makes an approver key: from then on, approvals of this state directory are signed by one. */
export async function addApprover(stateDir: string, name: string, passphrase: string): Promise<ApproverKey> {
  return makeApprover({ directory: keysOf(stateDir), name, file: lockedKey(stateDir, name), passphrase });
}

const lockedKey = (stateDir: string, name: string): string =>
  join(keysOf(stateDir), 'approvers', `${name}.key`);
