import { safeJson } from '@drylane/chassis/redact/visible';
import { canonicalJson } from '@drylane/proto/digest';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import { Execution } from '@drylane/proto/promotion';
import { SignedReceipt } from '@drylane/proto/receipt';
import type { Sheet } from '@drylane/proto/sheet';
import { type BlockLine, evidenceBlock } from '../block.ts';
import { colours, printJson, type Status } from '../context.ts';
import { decisionLines } from '../decisions.ts';
import { EXIT } from '../exit.ts';
import { printDiff } from '../patch.ts';
import { endLines } from '../promotion-block.ts';
import { printRuns } from '../run-list.ts';
import { indented, renderSections } from '../sections.ts';
import { printSuggestion } from '../suggestion.ts';
import { Patches, RunPage, type RunView } from './answers.ts';
import type { Client } from './client.ts';
import { readRun } from './follow.ts';
import { runToRead } from './naming.ts';
import { type Fleet, tell } from './open.ts';
import { isAsked, missingOf, readSheet } from './sheets.ts';

interface Json {
  readonly json?: boolean;
}

/** What was found of a run, and what came of it. */
export function readReport(client: Client, id: RunId): Promise<Execution> {
  return client.ask(Execution, { method: 'GET', path: `/v1/runs/${id}/report` });
}

/** `drylane show` in a fleet. */
export async function showAfar(fleet: Fleet, name: string, { json }: Json): Promise<Status> {
  const { client, context } = fleet;
  const id = await runToRead(client, name);
  const report = await readReport(client, id);
  if (json) {
    printJson(context, report);
    return EXIT.ok;
  }
  const [run, sheet] = await Promise.all([readRun(client, id), readSheet(client, id, 'live')]);
  const paint = colours(context);
  const nowMs = Date.now();
  context.stdout.write(`${paint.bold('command')}\n${indented(sheet.envelope.command)}\n\n`);
  tell(fleet, evidenceBlock(report, isAsked(sheet)));
  tell(fleet, endLinesAfar(report, run, sheet));
  const { subject, approvals, waits_until_ms: until } = sheet;
  const facts = { state: report.state, reason: run.reason, mode: subject.mode, approvals, nowMs };
  tell(fleet, decisionLines({ ...facts, missing: missingOf(sheet, nowMs), waitsUntilMs: until ?? nowMs }));
  context.stdout.write(renderSections(report.evidence, paint));
  return EXIT.ok;
}

/** As {@link endLines}; what no worker saw land is the word of whoever took it. */
function endLinesAfar(report: Execution, { claimant }: RunView, { landing }: Sheet): BlockLine[] {
  const isSaid = !('path' in landing.workspace) && report.promotion?.result === 'promoted';
  return endLines(report).map((line) =>
    isSaid && line.label === 'promotion'
      ? { ...line, text: `${line.text}, as ${claimant ?? 'its taker'} says` }
      : line,
  );
}

/** `drylane diff` in a fleet. */
export async function diffAfar(
  { client, context }: Fleet,
  name: string,
  { path, json }: Json & { readonly path: string | undefined },
): Promise<Status> {
  const id = await runToRead(client, name);
  const patches = await client.ask(Patches, { method: 'GET', path: `/v1/runs/${id}/diff`, query: { path } });
  printDiff(context, patches, json === true);
  return EXIT.ok;
}

const PAGE = 200;

/** `drylane runs` in a fleet. */
export async function runsAfar(
  { client, context }: Fleet,
  { task, limit, json }: Json & { readonly task?: string; readonly limit: number },
): Promise<Status> {
  const runs: RunView[] = [];
  let before: string | undefined;
  while (runs.length < limit) {
    const size = Math.min(PAGE, limit - runs.length);
    const query = { limit: String(size), before, task };
    const page = await client.ask(RunPage, { method: 'GET', path: '/v1/runs', query });
    runs.push(...page.runs.slice(0, size));
    before = page.runs.at(-1)?.id;
    // Large ones come fewer at once than were asked for.
    if (page.next === null || before === undefined) break;
  }
  if (json) printJson(context, { runs });
  else if (runs.length === 0) context.stdout.write(`no runs that ${client.host} shows to this token\n`);
  else printRuns(context, runs);
  return EXIT.ok;
}

/** `drylane receipt` in a fleet. */
export async function receiptAfar({ client, context }: Fleet, name: string | undefined): Promise<Status> {
  if (name === undefined)
    throw new DrylaneError('bad-input', {
      field: '--all',
      message: 'is for this machine: a fleet keeps one chain for all its tenants',
      mend: 'name one run: drylane receipt RUN',
    });
  const id = await runToRead(client, name);
  const receipt = await client.ask(SignedReceipt, { method: 'GET', path: `/v1/runs/${id}/receipt` });
  context.stdout.write(`${safeJson(JSON.parse(canonicalJson(receipt)))}\n`);
  return EXIT.ok;
}

/** `drylane suggest` in a fleet: what it goes by is asked for, and it is worked out here. */
export async function suggestAfar({ client, context }: Fleet, name: string, { json }: Json): Promise<Status> {
  const { evidence, envelope, forbidden } = await readSheet(client, await runToRead(client, name), 'live');
  if (evidence === null) throw new Error('a sheet of the live lane has evidence');
  const { suggest } = await import('../embedded/suggesting.ts');
  printSuggestion(context, evidence, suggest(evidence, envelope, forbidden), json === true);
  return EXIT.ok;
}
