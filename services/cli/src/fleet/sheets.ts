import { type Approval, bindingOf, type Lane } from '@drylane/proto/approval';
import { digestOfJson } from '@drylane/proto/digest';
import type { RunId } from '@drylane/proto/ids';
import { Sheet } from '@drylane/proto/sheet';
import type { Source } from '@drylane/proto/task';
import type { BlockLine } from '../block.ts';
import type { Presented } from '../presenting.ts';
import { termLines } from '../terms.ts';
import { Patches } from './answers.ts';
import type { Client } from './client.ts';
import { strange } from './problem.ts';

/** All that a word on a run stands for, checked: it is of this run and lane, and bound to what is shown. */
export async function readSheet(client: Client, id: RunId, lane: Lane): Promise<Sheet> {
  const sheet = await client.ask(Sheet, { method: 'GET', path: `/v1/runs/${id}/subject`, query: { lane } });
  const { subject, bound, evidence } = sheet;
  const isWhole =
    subject.run === id &&
    subject.lane === lane &&
    bound === bindingOf(subject) &&
    subject.evidence === (evidence === null ? null : digestOfJson(evidence));
  if (!isWhole) throw strange(client.host, 'shows another thing than it binds a word to');
  return sheet;
}

/** The diffs that a sheet stands for, whole. */
export async function patchesOf(client: Client, { subject }: Sheet): Promise<Patches> {
  if (subject.patches === null) return [];
  const patches = await client.ask(Patches, { method: 'GET', path: `/v1/runs/${subject.run}/diff` });
  if (digestOfJson(patches) !== subject.patches)
    throw strange(client.host, 'shows other diffs than it binds a word to');
  return patches;
}

/** A sheet as whoever decides on it is shown it. */
export function presented(sheet: Sheet, patches: Patches): Presented {
  const { subject, envelope, evidence, risk, verdict, findings } = sheet;
  const changes = subject.change_set;
  return {
    command: envelope.command,
    terms: [...termsOfSheet(sheet), ...(evidence === null ? riskLines(sheet) : [])],
    seen:
      evidence === null || verdict === null
        ? null
        : {
            report: {
              ...{ run_id: subject.run, task: envelope.task ?? null, verdict, risk, findings, evidence },
              ...{ change_set: changes === null ? null : { digest: changes }, receipt: null },
            },
            approvalRequired: isAsked(sheet),
          },
    patches,
  };
}

/** Whether a person had, or has, to agree before it lands. */
export function isAsked({ missing, approvals }: Sheet): boolean {
  return missing > 0 || approvals.some(({ decision }) => decision === 'approve');
}

/** How many have approved what a sheet stands for, of how many; null where nobody is asked any more. */
export function missingOf({ missing, approvals, bound }: Sheet, nowMs: number) {
  const counts = ({ decision, expires_ms, bound: of }: Approval): boolean =>
    decision === 'approve' && of === bound && expires_ms > nowMs;
  const have = approvals.filter(counts).length;
  return missing === 0 ? null : { have, need: have + missing };
}

function termsOfSheet(sheet: Sheet): BlockLine[] {
  const { subject, envelope, forbidden, landing, submitter, approvals, lane } = sheet;
  const image = `${envelope.image ?? 'that of the policy'} ${subject.image ?? ''}`.trim();
  const lines = termLines({
    ...{ mode: subject.mode, envelope, forbidden, image, policy: subject.policy, approvals },
    ...{ workspace: sourceText(landing.workspace), hosts: landing.hosts, credentials: landing.credentials },
  });
  const asked: BlockLine = { label: 'submitted by', text: submitter ?? 'nobody knows', tone: 'plain' };
  // Before a rehearsal it is not known how it would land.
  return [asked, ...(lane === 'rehearsal' ? lines.filter(({ label }) => label !== 'lands by') : lines)];
}

function riskLines({ risk, envelope: { intent } }: Sheet): BlockLine[] {
  const tone = risk.level === 'low' ? 'plain' : 'bad';
  const reasons = risk.reasons.map(({ message }) => message).join('\n');
  const writes = intent.expected_writes ?? [];
  return [
    { label: 'risk score', text: `${risk.score} (${risk.level})\n${reasons}`.trim(), tone },
    { label: 'may write', text: writes.length === 0 ? 'nothing' : writes.join('\n'), tone: 'plain' },
  ];
}

function sourceText(source: Source): string {
  if ('path' in source) return source.path;
  return 'snapshot' in source ? `snapshot ${source.snapshot}` : `git ${source.git.url} ${source.git.ref}`;
}
