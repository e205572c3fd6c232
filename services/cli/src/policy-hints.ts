import type { Policy } from '@drylane/proto/policy';
import { looksInside, passingOver } from '@drylane/proto/rules/directories';

type Rules = Pick<Policy, 'rules'>;

/** What a policy may not mean: its rules load, and would pass over something, or hold more than they say. */
export function hintsOn(policy: Rules): readonly string[] {
  return [...wholeDirectories(policy), ...missingStates(policy)];
}

function wholeDirectories({ rules }: Rules): readonly string[] {
  if (passingOver(rules) === undefined) return [];
  const looking = rules.filter(looksInside).map(({ name }) => name);
  const who = looking.length === 1 ? `rule ${looking[0]} looks` : `rules ${looking.join(', ')} look`;
  return [
    `${who} at changes one by one, and a directory that came or went whole is one, so nothing is decided there: say what becomes of evidence.changes.exists(c, c.entries > 1)`,
  ];
}

/** What a change does not have. */
const MISSING = { before: 'what was added', after: 'what was deleted' } as const;

function missingStates({ rules }: Rules): readonly string[] {
  return rules.flatMap(({ name, when }) =>
    (['before', 'after'] as const)
      .filter((state) => new RegExp(`\\.${state}\\.`).test(when) && !isAskedFor(when, state))
      .map(
        (state) =>
          `rule ${name} reads .${state}, which ${MISSING[state]} does not have, and cannot be decided there: ask first whether it is there (c.${state} != null && …)`,
      ),
  );
}

const isAskedFor = (when: string, state: string): boolean =>
  new RegExp(`\\.${state}\\s*[!=]=\\s*null|\\bhas\\([^()]*\\.${state}\\b`).test(when);
