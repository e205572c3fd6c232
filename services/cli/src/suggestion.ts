import { safeJson, visible } from '@drylane/chassis/redact/visible';
import type { Intent } from '@drylane/proto/envelope';
import type { Evidence } from '@drylane/proto/evidence';
import { stringify } from 'yaml';
import { type Context, printJson } from './context.ts';
import { visibleLine } from './terminal.ts';

/** An intent, below what no intent can make fine. */
export function printSuggestion(context: Context, evidence: Evidence, intent: Intent, json: boolean): void {
  if (json) printJson(context, { intent });
  else context.stdout.write(`${forbiddenNotes(evidence)}${readable({ intent })}`);
}

const MAX_NOTES = 50;

/** Comments that name what no intent can make fine. */
function forbiddenNotes({ changes }: Evidence): string {
  const forbidden = changes.filter((change) => change.class === 'forbidden');
  const rest = forbidden.length - MAX_NOTES;
  return [
    ...forbidden
      .slice(0, MAX_NOTES)
      .map(({ path }) => `# ${visibleLine(path)} is forbidden: no intent covers it\n`),
    ...(rest > 0 ? [`# and ${rest} more that are forbidden\n`] : []),
  ].join('');
}

/** YAML as people write it; where names in it would not show as they are, JSON, which YAML holds and which can say them. */
function readable(document: object): string {
  const text = stringify(document);
  return visible(text) === text ? text : `${safeJson(document, 2)}\n`;
}
