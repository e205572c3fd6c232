import { z } from 'zod';
import { Finding } from './decision.ts';
import { Promotion } from './promotion.ts';
import { PromotionResult } from './receipt.ts';
import { Claim, type Landed } from './task.ts';

/** The most entries of each list, and the most characters of each text: all of it fits into a document. */
const MOST = { entries: 50, characters: 500 } as const;

// Digests are of text, and half a character is none.
const text = z
  .string()
  .max(MOST.characters)
  .refine((said) => said.isWellFormed(), 'must not hold half of a character');
const texts = z.array(text).max(MOST.entries);
const { owner } = Claim.shape;

/**
 * What whoever took a run says became of it: its changes were applied where they have its files. It is far less than a
 * worker may say, because anybody who submits may say it.
 */
export const Told = z.discriminatedUnion('result', [
  z.strictObject({
    result: z.literal('ended'),
    owner,
    promotion: z.strictObject({
      ...Promotion.shape,
      mode: z.literal('apply'),
      result: PromotionResult.exclude(['diverged']),
      merged: texts,
      drifts: z.array(z.strictObject({ path: text, expected: text, found: text })).max(MOST.entries),
      divergences: z.array(Finding).max(0),
      conflicts: texts,
      evidence_digest: z.null(),
    }),
  }),
  z.strictObject({ result: z.literal('rolled-back'), reason: text, owner }),
  z.strictObject({ result: z.literal('untouched'), reason: text, owner }),
]);
export type Told = Readonly<z.infer<typeof Told>>;

/** As much of an end as {@link Told} has room for. */
export function toldOf(landed: Landed): Told {
  if (landed.result !== 'ended') return { ...landed, reason: cut(landed.reason) };
  const { merged, drifts, conflicts, ...rest } = landed.promotion;
  const promotion = {
    ...rest,
    merged: merged.slice(0, MOST.entries).map(cut),
    conflicts: conflicts.slice(0, MOST.entries).map(cut),
    drifts: drifts
      .slice(0, MOST.entries)
      .map(({ path, expected, found }) => ({ path: cut(path), expected: cut(expected), found: cut(found) })),
  };
  return Told.parse({ ...landed, promotion });
}

const cut = (whole: string): string => whole.slice(0, MOST.characters).toWellFormed();
