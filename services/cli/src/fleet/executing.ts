import { DrylaneError } from '@drylane/proto/errors';
import type { RunState } from '@drylane/proto/lifecycle';
import type { Execution } from '@drylane/proto/promotion';
import { refuseHere } from '../afar.ts';
import type { BlockLine } from '../block.ts';
import { printJson, type Status } from '../context.ts';
import { EXIT, PROMOTION_EXIT, VERDICT_EXIT } from '../exit.ts';
import { nextLines } from '../next.ts';
import { endLines, promotionLines } from '../promotion-block.ts';
import type { RehearsalFlags } from '../rehearsal-flags.ts';
import type { RunView } from './answers.ts';
import { landHere } from './landing.ts';
import { type Fleet, tell } from './open.ts';
import { readReport } from './reading.ts';
import { readSheet } from './sheets.ts';
import {
  awaitRehearsal,
  landingHint,
  type Submitted,
  submitAfar,
  tellSeen,
  tellUnseen,
} from './submitting.ts';
import { watch } from './watching.ts';

/** What `execute` is told. */
export interface ExecuteFlags extends RehearsalFlags {
  readonly merge?: boolean;
}

/** `drylane execute` in a fleet; a directory that was sent is where its changes land. */
export async function executeAfar(
  fleet: Fleet,
  words: readonly string[],
  flags: ExecuteFlags,
): Promise<Status> {
  const isSent = flags.snapshot !== undefined;
  if (!isSent) refuseHere({ '--state': flags.state, '--merge': flags.merge });
  const submitted = await submitAfar(fleet, words, flags, {
    promote: !isSent,
    check: isSent ? () => undefined : refuseNowhere,
  });
  const rehearsed = await awaitRehearsal(fleet, submitted.run);
  if (rehearsed.evidence_digest === null) return tellUnseen(fleet, rehearsed, flags.json === true);
  if (!flags.json) await tellSeen(fleet, await readReport(fleet.client, rehearsed.id));
  const report = isSent
    ? await endHere(fleet, rehearsed, submitted, flags)
    : await endThere(fleet, rehearsed, submitted);
  if (flags.json) printJson(fleet.context, report);
  else tell(fleet, endOf(report, submitted));
  return statusOf(report, submitted);
}

/** Follows a run until it has landed, or waits for somebody. */
async function endThere(fleet: Fleet, run: RunView, { envelope }: Submitted): Promise<Execution> {
  const isOver = (state: RunState): boolean =>
    state === 'awaiting-live-approval' || (state === 'promotable' && envelope.promotion === 'none');
  await watch(fleet, run, isOver);
  return readReport(fleet.client, run.id);
}

/** Applies what was rehearsed to the directory that was sent, where nobody has to agree first. */
async function endHere(
  fleet: Fleet,
  run: RunView,
  { sent, envelope }: Submitted,
  flags: ExecuteFlags,
): Promise<Execution> {
  const report = await readReport(fleet.client, run.id);
  if (report.state !== 'promotable' || envelope.promotion === 'none') return report;
  const sheet = await readSheet(fleet.client, run.id, 'live');
  const { promotion, state, receipt } = await landHere(fleet, run, sheet, { ...flags, workspace: sent });
  return { ...report, promotion, state, receipt };
}

function endOf(report: Execution, { envelope, sent }: Submitted): BlockLine[] {
  const { promotion, receipt, state, run_id: id } = report;
  if (promotion !== null) return promotionLines(promotion, receipt, report.change_set !== null);
  if (state === 'awaiting-live-approval' && envelope.promotion !== 'none') {
    const then = sent === undefined ? 'it lands by itself' : 'let it land';
    return [
      { label: 'waiting', text: 'a person has to agree', hint: `drylane approve ${id}`, tone: 'warn' },
      {
        ...{ label: 'then', text: then, tone: 'plain' },
        ...(sent !== undefined && { hint: landingHint(id, envelope, sent) }),
      },
    ];
  }
  const next = nextLines({ report, state, promotion: envelope.promotion });
  return next.length > 0 || state === 'inconclusive' ? next : endLines(report);
}

function statusOf({ promotion, state, verdict }: Execution, { envelope }: Submitted): Status {
  if (promotion !== null) return PROMOTION_EXIT[promotion.result];
  if (state === 'awaiting-live-approval' && envelope.promotion !== 'none') return EXIT.hold;
  // Somebody ended it: whatever its verdict was, nothing landed.
  return ENDED.has(state) ? EXIT.hold : VERDICT_EXIT[verdict];
}

const ENDED: ReadonlySet<RunState> = new Set(['rejected', 'expired', 'cancelled']);

/** Refuses what would be rehearsed and then land nowhere. */
function refuseNowhere({ workspace }: Submitted['envelope']): void {
  if (workspace === undefined || 'path' in workspace) return;
  throw new DrylaneError('bad-input', {
    field: 'workspace',
    message: 'is a snapshot or a git tree, which lands where you have it',
    mend: 'rehearse it, then: drylane apply RUN --workspace DIR; or send a directory with --snapshot DIR',
  });
}
