import { agreementOn, type ClaimOf, claimRun, giveBack, settleClaim } from '@drylane/dispatcher/desk/claim';
import { type Dossier, openDossier } from '@drylane/dispatcher/desk/dossier';
import { type Ended, expireIfDue } from '@drylane/dispatcher/desk/ending';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import { NOTHING_TOLD, type Promotion } from '@drylane/proto/promotion';
import { forgetApply, recoverRun } from '@drylane/worker/promote/recover';
import { currentOwner, formatOwner } from '@drylane/worker/sandbox/owner';
import type { LocalDesk } from './desk.ts';

/** What a promotion is told besides which run it is of. */
export interface PromotionOptions {
  /** Whether texts that others changed meanwhile are merged where the changes do not overlap. */
  readonly merge: boolean;
  /** Who asked for it, where that is not whoever runs this process. */
  readonly claimant?: string;
}

/**
 * Makes one run land, by its mode. It calls `begin` once, before anything is touched: until then every fault is harmless.
 * After it, landing by `apply` throws an error of ours only where it is proven that nothing landed.
 */
export type Landing = (
  dossier: Dossier,
  options: PromotionOptions,
  begin: () => Promise<void>,
) => Promise<Promotion>;

/**
 * Promotes a run: at most once, only while everything it was approved for is as it was, and with a receipt whatever
 * came of it.
 * @throws DrylaneError `approval-needed`, `not-promotable`, or `machine-unfit` where nothing landed and it may be tried again.
 */
export async function promoteRun(
  desk: LocalDesk,
  id: RunId,
  land: Landing,
  options: PromotionOptions,
): Promise<Ended & { readonly promotion: Promotion }> {
  const opened = await openDossier(desk, id);
  const { mode } = opened;
  await expireIfDue(desk, opened, Date.now());
  const approvals = await agreementOn(desk, opened);
  const dossier = { ...opened, approvals };
  if (mode === null)
    throw notPromotable(id, 'its envelope says promotion: none', 'submit it with --promotion auto');
  if (options.merge && approvals.length > 0)
    throw notPromotable(id, 'was approved as it is, and a merge is another', MERGE);
  // Before anything is touched: what has landed has to leave a receipt.
  await desk.signer();
  const mine: ClaimOf = {
    ...{ mode, owner: formatOwner(currentOwner()) },
    ...(options.claimant !== undefined && { claimant: options.claimant }),
  };
  let begun = false;
  const begin = async (): Promise<void> => {
    await claimRun(desk, dossier, mine);
    begun = true;
  };
  let promotion: Promotion;
  try {
    promotion = await land(dossier, options, begin);
  } catch (fault) {
    // What cannot be settled now is settled by recovery; what went wrong first is what a person has to know.
    if (begun) await settleFault(desk, dossier, mine).catch(() => undefined);
    throw fault;
  }
  if (!begun) throw neverBegan(id);
  const ended = await settleClaim(desk, dossier, promotion, mine.owner);
  if (promotion.conflicts.length === 0) await forgetApply(desk.stateDir, id);
  return { ...ended, promotion };
}

const MERGE = 'apply it without --merge, or rehearse again on what is there now';

/** After a fault, the journal says what of the files landed; what a command that ran for real did, nobody knows. */
async function settleFault(desk: LocalDesk, dossier: Dossier, claimed: ClaimOf): Promise<void> {
  const id = dossier.subject.run;
  const files = await recoverRun(desk.stateDir, id);
  await settleFiles(desk, dossier, claimed, files);
}

/**
 * Records what became of a claim that its process did not end, by what recovery found of the files.
 * @returns the state that it is recorded as; `rolled-back` may be tried again.
 */
export async function settleFiles(
  desk: LocalDesk,
  dossier: Dossier,
  { mode, owner }: ClaimOf,
  files: Found | undefined,
): Promise<Found['result']> {
  const id = dossier.subject.run;
  // Without a journal, nothing of the workspace was touched.
  const result = mode === 'rerun' ? 'unknown' : (files?.result ?? 'rolled-back');
  const [conflicts, merged] = [[...(files?.conflicts ?? [])], [...(files?.merged ?? [])]];
  if (result === 'rolled-back') await giveBack(desk, id, { mode, owner });
  else await settleClaim(desk, dossier, { ...NOTHING_TOLD, mode, result, conflicts, merged }, owner);
  if (result === 'rolled-back' || conflicts.length === 0) await forgetApply(desk.stateDir, id);
  return result;
}

type Found = Pick<NonNullable<Awaited<ReturnType<typeof recoverRun>>>, 'result' | 'conflicts' | 'merged'>;

function neverBegan(id: string): DrylaneError {
  return new DrylaneError('machine-unfit', {
    field: id,
    message: 'ran out of time before the command could start, so nothing was run',
    mend: 'try again when the machine is less busy, or raise limits.timeout',
  });
}

function notPromotable(id: string, message: string, mend: string): DrylaneError {
  return new DrylaneError('not-promotable', { field: id, message, mend });
}
