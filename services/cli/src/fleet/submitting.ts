import { resolve } from 'node:path';
import type { Envelope } from '@drylane/proto/envelope';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunState } from '@drylane/proto/lifecycle';
import type { Execution } from '@drylane/proto/promotion';
import { refuseHere } from '../afar.ts';
import { type BlockLine, evidenceBlock } from '../block.ts';
import { printJson, type Status } from '../context.ts';
import { notNow } from '../embedded/ended.ts';
import { envelopeForFleet } from '../envelope.ts';
import { EXIT, VERDICT_EXIT } from '../exit.ts';
import { faultDocument, reportFault } from '../fault.ts';
import { nextLines } from '../next.ts';
import type { RehearsalFlags } from '../rehearsal-flags.ts';
import { commandFrom, quote } from '../shell-words.ts';
import { RunView } from './answers.ts';
import { type Fleet, progress, tell } from './open.ts';
import { readReport } from './reading.ts';
import { isAsked, readSheet } from './sheets.ts';
import { uploadDirectory } from './uploading.ts';
import { watch } from './watching.ts';

/** A command that a fleet was given. */
export interface Submitted {
  readonly envelope: Envelope;
  readonly run: RunView;
  /** The directory of this machine that was sent; undefined where none was. */
  readonly sent: string | undefined;
}

/** `drylane rehearse` in a fleet. */
export async function rehearseAfar(
  fleet: Fleet,
  words: readonly string[],
  flags: RehearsalFlags,
): Promise<Status> {
  refuseHere({ '--state': flags.state });
  const submitted = await submitAfar(fleet, words, flags, {
    promote: false,
    check: () => undefined,
  });
  const rehearsed = await awaitRehearsal(fleet, submitted.run);
  if (rehearsed.evidence_digest === null) return tellUnseen(fleet, rehearsed, flags.json === true);
  const { state, promotion: _, ...report } = await readReport(fleet.client, rehearsed.id);
  if (flags.json) printJson(fleet.context, report);
  else {
    await tellSeen(fleet, report);
    tell(fleet, nextAfar({ ...report, state }, submitted));
  }
  return VERDICT_EXIT[report.verdict];
}

/** How an envelope is handed over. */
export interface SubmitOptions {
  /** Whether it may land. */
  readonly promote: boolean;
  /** Throws for an envelope that must not be handed over. */
  readonly check: (envelope: Envelope) => void;
}

/** Hands an envelope to the fleet. @throws DrylaneError `bad-input` with the reason where policy refuses it. */
export async function submitAfar(
  fleet: Fleet,
  words: readonly string[],
  flags: RehearsalFlags,
  { promote, check }: SubmitOptions,
): Promise<Submitted> {
  const { policy, runtime, snapshot: directory } = flags;
  refuseHere({ '--policy': policy, '--runtime': runtime });
  if (directory !== undefined && flags.workspace !== undefined) throw twoWorkspaces();
  const { client, context } = fleet;
  // Before the directory is sent, because that takes long, and a command without a use has none for it.
  const shape = directory === undefined ? undefined : `sha256:${'0'.repeat(64)}`;
  const envelope = await envelopeForFleet(flags, commandFrom(words), context, shape);
  check(envelope);
  const sent = directory === undefined ? undefined : await uploadDirectory(fleet, directory, []);
  const body = sent === undefined ? envelope : { ...envelope, workspace: { snapshot: sent.snapshot } };
  const run = await client.ask(RunView, {
    ...{ method: 'POST', path: '/v1/runs', query: { promote: String(promote) }, body },
    isSafe: envelope.idempotency_key !== undefined,
  });
  progress(fleet, `${run.id}  ${run.state}`);
  if (run.state === 'refused') throw refusedRun(run);
  return { envelope: body, run, sent: sent?.directory };
}

/** Waits for what comes of a rehearsal. @throws DrylaneError `approval-needed` where a person has to agree to it first. */
export async function awaitRehearsal(fleet: Fleet, run: RunView): Promise<RunView> {
  const rehearsed = await watch(fleet, run, isRehearsed);
  if (rehearsed.state !== 'awaiting-rehearsal-approval') return rehearsed;
  throw new DrylaneError('approval-needed', {
    field: run.id,
    message: 'a person has to agree before it is rehearsed',
    mend: `in a terminal: drylane approve ${run.id}; then: drylane show ${run.id}`,
  });
}

const isRehearsed = (state: RunState): boolean => state !== 'submitted' && state !== 'rehearsing';

/** Tells of a run that left no evidence. @throws DrylaneError unless it was judged inconclusive. */
export function tellUnseen(fleet: Fleet, run: RunView, json: boolean): Status {
  if (run.state !== 'inconclusive') throw notNow(run);
  const fault = new DrylaneError('sandbox-failed', {
    field: run.id,
    message: run.reason ?? 'its rehearsal left no evidence',
    mend: 'mend that, or rehearse again; if it comes again, tell whoever runs the fleet',
  });
  if (json) printJson(fleet.context, faultDocument(reportFault(fault)));
  else
    tell(fleet, [
      { label: 'sandbox', text: run.id, tone: 'plain' },
      { label: 'verdict', text: 'inconclusive', tone: 'warn' },
      { label: 'note', text: fault.problems[0]?.message ?? '', tone: 'warn' },
      { label: 'next', text: fault.problems[0]?.mend ?? '', tone: 'plain' },
    ]);
  return EXIT.inconclusive;
}

/** Prints what was seen of a run. */
export async function tellSeen(fleet: Fleet, report: Omit<Execution, 'state' | 'promotion'>): Promise<void> {
  const sheet = await readSheet(fleet.client, report.run_id, 'live');
  tell(fleet, evidenceBlock(report, isAsked(sheet)));
}

/** What to type after a rehearsal. */
function nextAfar(
  report: Pick<Execution, 'run_id' | 'change_set' | 'findings' | 'state'>,
  { envelope, sent }: Submitted,
): BlockLine[] {
  const lines = nextLines({ report, state: report.state, promotion: envelope.promotion });
  return lines.map((line) =>
    line.hint?.startsWith('drylane apply')
      ? { ...line, hint: landingHint(report.run_id, envelope, sent) }
      : line,
  );
}

/** The command line by which a run lands. */
export function landingHint(id: string, { workspace }: Envelope, sent: string | undefined): string {
  const isThere = workspace === undefined || 'path' in workspace;
  return `drylane apply ${id}${isThere ? '' : ` --workspace ${sent === undefined ? 'DIR' : quote(resolve(sent))}`}`;
}

function refusedRun({ id, reason }: RunView): DrylaneError {
  return new DrylaneError('bad-input', {
    field: 'envelope',
    message: `was refused: ${reason ?? 'the fleet does not say why'}`,
    mend: `mend that, and submit it again; the record of it: drylane receipt ${id}`,
  });
}

function twoWorkspaces(): DrylaneError {
  return new DrylaneError('bad-input', {
    field: '--snapshot',
    message: 'and --workspace name two workspaces',
    mend: 'leave one of them out',
  });
}
