import { stateAfterDecision } from '@drylane/dispatcher/admit/next';
import { isInside, workspacePath } from '@drylane/dispatcher/admit/place';
import { modeOf } from '@drylane/dispatcher/approve/mode';
import type { Envelope } from '@drylane/proto/envelope';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunState } from '@drylane/proto/lifecycle';
import { Execution } from '@drylane/proto/promotion';
import { RunView } from '../../fleet/answers.ts';
import { type Client, createClient, TERMS } from '../../fleet/client.ts';
import { followRun } from '../../fleet/follow.ts';
import { sendPlain } from '../../fleet/loopback.ts';
import type { Reported } from '../judging.ts';
import { isSaidStill, type Notice, noticeIn, ownText } from './notice.ts';
import { throwRefusal } from './refused.ts';

/** A `drylane up` of this user that lives, and takes work. */
export interface Near {
  readonly stateDir: string;
  readonly notice: Notice;
  readonly client: Client;
}

/** It is this machine: what is not answered now is not answered later. Times are milliseconds. */
const ONCE = { ...TERMS, answerMs: 15_000, patience: { tries: 1, firstMs: 1, longestMs: 1 } };
const PATIENCE_MS = 3_000;

/** The `drylane up` of a state directory; undefined where there is none. */
export function nearIn(stateDir: string): Near | undefined {
  const notice = noticeIn(stateDir);
  if (notice?.taking !== true) return undefined;
  const token = ownText(notice.token_file)?.trim();
  if (token === undefined || token === '') return undefined;
  const { url: base } = notice;
  return {
    stateDir,
    notice,
    client: createClient({ base, host: new URL(base).host, token }, ONCE, sendPlain),
  };
}

/**
 * Has a command rehearsed there, with what comes of it here; undefined where it has to be done in this process: of what it
 * does not take nothing is kept there, and where it could not see anything, this process says why in its own words.
 * @throws DrylaneError where policy refuses it, or when the other ends before the rehearsal.
 */
export async function rehearseNear(
  near: Near,
  envelope: Envelope,
  own: readonly string[],
  begun: (run: RunView) => void,
): Promise<Reported | undefined> {
  const { client, notice, stateDir } = near;
  const run = mayLieThere(envelope, notice.roots, own) ? await submitted(client, envelope) : undefined;
  if (run === undefined) return undefined;
  if (run.state === 'refused') return throwRefusal(near, envelope, run);
  begun(run);
  const following = { until: isRehearsed, onMove: () => undefined, patienceMs: PATIENCE_MS };
  const { evidence_digest: evidence } = await followRun(client, run, following).catch((fault: unknown) => {
    throw isSaidStill(stateDir, notice) ? fault : ended(run, fault);
  });
  if (evidence === null) return undefined;
  const read = await client.ask(Execution, { method: 'GET', path: `/v1/runs/${run.id}/report` });
  // Whoever else has its port now may have answered.
  if (!isSaidStill(stateDir, notice)) throw ended(run, undefined);
  const { state, promotion: _, ...report } = read;
  const policy = {
    approvals: { rehearsal: { from: 'never' }, live: { ...LIVE, from: notice.live_from } },
  } as const;
  return {
    ...{ report, state, mode: modeOf(envelope.promotion ?? 'auto', report.evidence) },
    approvalRequired: stateAfterDecision('promote', report.risk, policy) === 'awaiting-live-approval',
  };
}

const LIVE = { quorum: 1, expires: '24h', sticky: true } as const;

const isRehearsed = (state: RunState): boolean => state !== 'submitted' && state !== 'rehearsing';

/** Whether a workspace is where both that one and this command line may work. */
function mayLieThere(envelope: Envelope, theirs: readonly string[], own: readonly string[]): boolean {
  const path = workspacePath(envelope);
  const isIn = (roots: readonly string[]) => path !== undefined && roots.some((root) => isInside(path, root));
  return isIn(theirs) && isIn(own);
}

/** Hands an envelope over; undefined where it is not taken, whatever the reason. */
async function submitted(client: Client, envelope: Envelope): Promise<RunView | undefined> {
  try {
    return await client.ask(RunView, { method: 'POST', path: '/v1/runs', body: envelope });
  } catch (fault) {
    if (fault instanceof DrylaneError) return undefined;
    throw fault;
  }
}

function ended({ id }: RunView, cause: unknown): DrylaneError {
  const problem = {
    field: 'drylane up',
    message: 'ended before it had told what came of the rehearsal',
    mend: `try again; once drylane up is started anew it goes on, too: drylane show ${id}`,
  };
  return new DrylaneError('unavailable', problem, { cause });
}
