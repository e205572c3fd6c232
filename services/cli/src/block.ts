import { isBuiltIn } from '@drylane/proto/built-in';
import type { Finding, Verdict } from '@drylane/proto/decision';
import type { Change, Evidence, Fidelity } from '@drylane/proto/evidence';
import type { Rehearsal } from '@drylane/proto/rehearsal';
import { type Observed, observed } from './observed.ts';

/** A line of the block that people read: a label, what it says, and how it should strike the eye. */
export interface BlockLine {
  readonly label: string;
  readonly text: string;
  /** A command line of drylane's to type, after the text. */
  readonly hint?: string;
  readonly tone: 'plain' | 'good' | 'bad' | 'warn';
}

const MAX_NOTES = 12;

/**
 * The evidence block of a rehearsal. Deletions, forbidden paths and what was cut always have a line of their own:
 * whoever approves must not be shown less than happened.
 */
export function evidenceBlock(report: Rehearsal, approvalRequired: boolean): BlockLine[] {
  const { risk, evidence, verdict, findings } = report;
  const files = (test: (change: Change) => boolean): number =>
    evidence.changes.filter(test).reduce((sum, change) => sum + change.entries, 0);
  const headline = risk.reasons[0]?.message ?? 'nothing in it looks risky';
  const surprises = files((c) => c.class === 'surprise');
  const forbidden = files((c) => c.class === 'forbidden');
  const deleted = files((c) => c.kind === 'deleted');
  const blocked = verdict === 'block';

  const seen = observed(evidence);

  return [
    line('risk score', `${risk.score} (${risk.level})   ${headline}`, riskTone(risk.level)),
    approvalLine(verdict, approvalRequired),
    line('sandbox', `${report.run_id} (${evidence.fidelity.runtime}, no network)`),
    line('exit code', exitText(evidence, seen.limits), evidence.exit_code === 0 ? 'plain' : 'warn'),
    line('files changed', String(files(() => true))),
    ...(forbidden > 0 ? [line('forbidden', String(forbidden), 'bad')] : []),
    line('surprise paths', String(surprises), surprises > 0 ? 'bad' : 'plain'),
    ...(deleted > 0 ? [line('deleted', String(deleted), 'warn')] : []),
    ...(evidence.outside.length > 0 ? [line('outside', String(evidence.outside.length), 'bad')] : []),
    ...observedLines(report, seen),
    ...outputCuts(report),
    line('blocked', blocked ? 'yes' : 'no', blocked ? 'bad' : 'good'),
    line('verdict', verdict, VERDICT_TONE[verdict]),
    ...notes(findings, report),
    ...lastWords(report),
    ...nextStep(report),
  ];
}

const MAX_ITEMS = 5;

/** What was seen besides files: a line for each kind of thing that was there, with its number and the first of it. */
function observedLines({ evidence, run_id }: Rehearsal, seen: Observed): BlockLine[] {
  const { canaries, network, privileged, leftovers, fidelity } = evidence;
  const some = (label: string, count: string, items: readonly string[], tone: BlockLine['tone']) => {
    const rest = items.length - MAX_ITEMS;
    if (count === '0') return [];
    const shown = [count, ...items.slice(0, MAX_ITEMS)];
    return rest > 0
      ? [andMore(label, [...shown, `and ${rest} more`].join('\n'), run_id, tone)]
      : [line(label, shown.join('\n'), tone)];
  };
  const undeclared = network.filter((attempt) => !attempt.declared).length;
  const attempts = undeclared === 0 ? `${network.length}` : `${network.length}, ${undeclared} not declared`;
  return [
    ...(evidence.complete ? [] : [line('evidence', 'not complete: more may have happened', 'bad')]),
    ...some('leaked', `${canaries.length}`, seen.canaries, 'bad'),
    ...some('network', attempts, seen.network, undeclared > 0 ? 'bad' : 'warn'),
    ...some('privileged', `${privileged.length}`, seen.privileged, 'bad'),
    ...some('left running', `${leftovers.length}`, seen.leftovers, 'warn'),
    ...fidelityLine(fidelity),
  ];
}

/** How the sandbox differed from the real thing in this very run; `show` has what it always differs in. */
function fidelityLine({ mocked_credentials: mocked, absent_mounts: absent }: Fidelity): BlockLine[] {
  const parts = [
    mocked.length > 0 && `mocked ${mocked.join(', ')}`,
    absent.length > 0 && `mounts absent: ${absent.length}`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? [] : [line('fidelity', parts.join(', '), 'warn')];
}

const VERDICT_TONE = { promote: 'good', hold: 'warn', block: 'bad', inconclusive: 'warn' } as const;

const MAX_LAST_WORDS = 3;

/** The end of what a command that failed said about it. */
function lastWords({ evidence, findings }: Rehearsal): BlockLine[] {
  if (!findings.some(({ rule }) => rule === 'unexpected-exit')) return [];
  const said = evidence.stderr.text.trimEnd().split('\n').slice(-MAX_LAST_WORDS).join('\n');
  return said === '' ? [] : [line('said', said)];
}

/** What to do where the sandbox alone may have made it fail: only whoever expects that can let it run for real. */
function nextStep({ verdict, findings, evidence }: Rehearsal): BlockLine[] {
  const isExplained = findings.some(({ rule }) => rule === 'sandbox-caused-failure');
  if (verdict !== 'inconclusive' || !isExplained || evidence.exit_code === null) return [];
  return [
    line(
      'next',
      `to have it run for real, expect this end of a rehearsal too: --expect-exit ${evidence.exit_code}`,
    ),
  ];
}

/** Whether a person has to agree, whom a hold always asks for. */
function approvalLine(verdict: Verdict, required: boolean): BlockLine {
  if (verdict === 'hold') return line('approval', 'required (hold)', 'warn');
  return required ? line('approval', 'required', 'warn') : line('approval', 'not required');
}

function andMore(label: string, text: string, id: string, tone: BlockLine['tone']): BlockLine {
  return { ...line(label, text, tone), hint: `drylane show ${id}` };
}

function line(label: string, text: string, tone: BlockLine['tone'] = 'plain'): BlockLine {
  return { label, text, tone };
}

const riskTone = (level: string): BlockLine['tone'] =>
  level === 'high' ? 'bad' : level === 'medium' ? 'warn' : 'plain';

function exitText(evidence: Evidence, limits: readonly string[]): string {
  const status = evidence.exit_code === null ? 'none' : String(evidence.exit_code);
  const signal = evidence.signal === null ? '' : `, ${evidence.signal}`;
  return limits.length === 0 ? `${status}${signal}` : `${status}${signal} (hit the ${limits.join(', the ')})`;
}

function outputCuts({ evidence }: Rehearsal): BlockLine[] {
  return (['stdout', 'stderr'] as const)
    .filter((stream) => evidence[stream].truncated)
    .map((stream) => line(stream, `${evidence[stream].bytes} bytes, the middle is left out`, 'warn'));
}

/** Which rule of the operator's speaks, and of what; a built-in one says so itself. */
function byPolicy({ rule, paths }: Finding): string {
  if (isBuiltIn(rule)) return '';
  const more = paths.length > 1 ? ` and ${paths.length - 1} more` : '';
  const [first] = paths;
  return ` (rule ${rule}${first === undefined ? '' : `: ${oneLine(first)}${more}`})`;
}

function notes(findings: readonly Finding[], { evidence, run_id }: Rehearsal): BlockLine[] {
  const shown = findings.slice(0, MAX_NOTES).map((finding) => {
    const step = finding.step === null ? undefined : evidence.steps[finding.step];
    const where =
      step === undefined || evidence.steps.length < 2
        ? ''
        : `step ${step.index + 1} (${oneLine(step.text)}) `;
    const tone = finding.severity === 'block' ? 'bad' : finding.severity === 'note' ? 'plain' : 'warn';
    return line('note', `${where}${finding.message}${byPolicy(finding)}`, tone);
  });
  const rest = findings.length - shown.length;
  return rest > 0 ? [...shown, andMore('note', `and ${rest} more`, run_id, 'warn')] : shown;
}

function oneLine(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim();
  return flat.length > 60 ? `${flat.slice(0, 57)}…` : flat;
}
