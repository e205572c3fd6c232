import type { Execution, Promotion } from '@drylane/proto/promotion';
import type { ReceiptRef } from '@drylane/proto/rehearsal';
import type { BlockLine } from './block.ts';

const MAX_PATHS = 10;

const TONES = { promoted: 'good', drifted: 'warn', diverged: 'bad', unknown: 'bad' } as const;

const SAYS = {
  promoted: { apply: 'landed: the very changes that were rehearsed', rerun: 'ran for real, as rehearsed' },
  drifted: { apply: 'nothing landed', rerun: 'it ran for real, and its changes did not land' },
  diverged: {
    apply: 'nothing landed',
    rerun: 'it ran for real, and did otherwise; its changes did not land',
  },
  unknown: { apply: 'a person has to look', rerun: 'nobody knows what it did; a person has to look' },
} as const;

/** What became of a promotion, below the evidence block. */
export function promotionLines(promotion: Promotion, receipt: ReceiptRef | null): BlockLine[] {
  const { mode, result, merged, drifts, divergences, conflicts } = promotion;
  return [
    { label: 'promotion', text: `${result} (${mode})   ${SAYS[result][mode]}`, tone: TONES[result] },
    ...several('merged', merged, 'warn'),
    ...several(
      'drift',
      drifts.map(({ path, expected, found }) => `${path}: expected ${expected}, found ${found}`),
      'warn',
    ),
    ...several(
      'diverged',
      divergences.map(({ message }) => message),
      'bad',
    ),
    ...several('look at', conflicts, 'bad'),
    ...receiptLine(receipt),
  ];
}

/** Where a past run stands: its state, what became of its promotion, and its receipt. */
export function endLines({
  state,
  promotion,
  receipt,
}: Pick<Execution, 'state' | 'promotion' | 'receipt'>): BlockLine[] {
  return [
    { label: 'state', text: state, tone: 'plain' },
    ...(promotion === null ? receiptLine(receipt) : promotionLines(promotion, receipt)),
  ];
}

function receiptLine(receipt: ReceiptRef | null): BlockLine[] {
  return receipt === null
    ? []
    : [{ label: 'receipt', text: `${receipt.sequence}   ${receipt.digest}`, tone: 'plain' }];
}

function several(label: string, items: readonly string[], tone: BlockLine['tone']): BlockLine[] {
  if (items.length === 0) return [];
  const rest = items.length - MAX_PATHS;
  const shown = [...items.slice(0, MAX_PATHS), ...(rest > 0 ? [`and ${rest} more`] : [])];
  return [{ label, text: shown.join('\n'), tone }];
}

/** What to type where a person has to agree and there is none here. */
export function waitingLines(runId: string): BlockLine[] {
  return [
    { label: 'waiting', text: `a person has to agree: drylane approve ${runId}`, tone: 'warn' },
    { label: 'then', text: `drylane apply ${runId}`, tone: 'plain' },
  ];
}
