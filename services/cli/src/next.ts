import { isBuiltIn } from '@drylane/proto/built-in';
import type { Envelope } from '@drylane/proto/envelope';
import type { RunState } from '@drylane/proto/lifecycle';
import type { Rehearsal } from '@drylane/proto/rehearsal';
import type { BlockLine } from './block.ts';

/** What {@link nextLines} goes by. */
export interface NextFacts {
  readonly report: Pick<Rehearsal, 'run_id' | 'change_set' | 'findings'>;
  /** Where the run stands. */
  readonly state: RunState;
  /** What its envelope says of how it lands. */
  readonly promotion: Envelope['promotion'];
}

/** What to type after a rehearsal; nothing where the block above has said it, or there is nothing to type. */
export function nextLines({
  report: { run_id: id, change_set: changeSet, findings },
  state,
  promotion,
}: NextFacts): BlockLine[] {
  switch (state) {
    case 'blocked':
      return [
        // No intent covers this one: only a text that can be read does.
        ...(findings.some(({ rule }) => rule === 'opaque-high-risk')
          ? [next('rehearse its steps one by one, as commands of their own', 'drylane steps -- COMMAND')]
          : []),
        blockedByPolicy(findings) ?? next('see what it would have needed', `drylane suggest ${id}`),
      ];
    case 'awaiting-live-approval':
    case 'promotable':
      if (promotion === 'none') return [next('nothing: its envelope says promotion: none')];
      if (state === 'awaiting-live-approval') return [next(agreeing(findings), `drylane approve ${id}`)];
      // Free to land by its verdict, so the sandbox took nothing away from it that would come back when it runs again.
      if (changeSet === null && promotion !== 'rerun') return [next('nothing to land: it changed nothing')];
      return [next('let it land', `drylane apply ${id}`)];
    default:
      return [];
  }
}

/** No intent covers what only the operator's own rules block. */
function blockedByPolicy(findings: Rehearsal['findings']): BlockLine | undefined {
  const rules = findings.filter(({ severity }) => severity === 'block').map(({ rule }) => rule);
  if (rules.length === 0 || rules.some(isBuiltIn)) return undefined;
  return next(
    `nothing that an intent can say: the policy blocks it (rule ${[...new Set(rules)].join(', ')})`,
  );
}

/** A command that failed by itself needs a mend more often than a person who agrees that it did. */
function agreeing(findings: Rehearsal['findings']): string {
  const rules = new Set(findings.map(({ rule }) => rule));
  const failed = rules.has('unexpected-exit') && !rules.has('stripped-capability');
  return failed ? 'mend the command and rehearse again, or a person agrees' : 'a person has to agree';
}

function next(text: string, hint?: string): BlockLine {
  return { label: 'next', text, tone: 'plain', ...(hint !== undefined && { hint }) };
}
