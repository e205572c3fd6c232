import type { Execution, Promotion } from '@drylane/proto/promotion';
import type { ReceiptRef } from '@drylane/proto/rehearsal';
import type { BlockLine } from './block.ts';

const MAX_PATHS = 10;

const TONES = { promoted: 'good', drifted: 'warn', diverged: 'bad', unknown: 'bad' } as const;

const SAYS = {
  promoted: {
    apply: 'landed: the very changes that were rehearsed',
    rerun: 'ran for real, within its intent',
  },
  drifted: { apply: 'nothing landed', rerun: 'it ran for real, and its changes did not land' },
  diverged: {
    apply: 'nothing landed',
    rerun: 'it ran for real, and did otherwise; its changes did not land',
  },
  unknown: { apply: 'a person has to look', rerun: 'nobody knows what it did; a person has to look' },
} as const;

/** What became of a promotion, below the evidence block; `hasChanges` where the rehearsal changed anything. */
export function promotionLines(
  promotion: Promotion,
  receipt: ReceiptRef | null,
  hasChanges = true,
): BlockLine[] {
  const { mode, result, merged, drifts, divergences, conflicts } = promotion;
  const says = saysOf(promotion, hasChanges);
  return [
    { label: 'promotion', text: `${result} (${mode})   ${says}`, tone: TONES[result] },
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
    ...afterDrift(promotion),
    ...receiptLine(receipt),
  ];
}

function saysOf({ mode, result, merged, evidence_digest: live }: Promotion, hasChanges: boolean): string {
  if (mode === 'apply' && result === 'promoted' && !hasChanges) return 'nothing to land';
  if (mode === 'apply' && result === 'promoted' && merged.length > 0)
    return `landed, with what others changed meanwhile kept in ${merged.length === 1 ? '1 text' : `${merged.length} texts`}`;
  // Its workspace was looked at before the command began.
  if (mode === 'rerun' && result === 'drifted' && live === null) return 'nothing was run, and nothing landed';
  return SAYS[result][mode];
}

/** What can be done where nothing landed because something had changed; the run itself has ended. */
function afterDrift({ mode, result, drifts }: Promotion): BlockLine[] {
  if (result !== 'drifted') return [];
  const again = 'rehearse again, or look at what changed; no approval of this run counts any more';
  const merge =
    '--merge, given at the first try, keeps what others changed in a text where nobody had to approve it';
  const mayMerge = mode === 'apply' && drifts.length > 0 && drifts.every(isContentOnly);
  return [{ label: 'next', text: mayMerge ? `${again}\n${merge}` : again, tone: 'plain' }];
}

// As the worker words a file that drifted (promote/words.ts); in other words, a merge is just not mentioned.
const FILE = /^a file of \d+ bytes, (mode \d+, owner \d+:\d+), sha256 [0-9a-f]+$/;

/** Whether a file is there still, with the same mode and owner and other contents. */
function isContentOnly({ expected, found }: Promotion['drifts'][number]): boolean {
  const [before, now] = [FILE.exec(expected)?.[1], FILE.exec(found)?.[1]];
  return before !== undefined && before === now;
}

/** Where a past run stands: its state, what became of its promotion, and its receipt. */
export function endLines({
  state,
  promotion,
  receipt,
  change_set: changeSet,
}: Pick<Execution, 'state' | 'promotion' | 'receipt' | 'change_set'>): BlockLine[] {
  return [
    { label: 'state', text: state, tone: 'plain' },
    ...(promotion === null ? receiptLine(receipt) : promotionLines(promotion, receipt, changeSet !== null)),
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
    { label: 'waiting', text: 'a person has to agree', hint: `drylane approve ${runId}`, tone: 'warn' },
    { label: 'then', text: '', hint: `drylane apply ${runId}`, tone: 'plain' },
  ];
}
