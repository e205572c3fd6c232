import type { Policy } from '@drylane/proto/policy';

type Rules = Pick<Policy, 'rules'>;

/** What a policy may not mean: its rules load, and would pass over something, or hold more than they say. */
export function hintsOn(policy: Rules): readonly string[] {
  return [...wholeDirectories(policy), ...missingStates(policy)];
}

function wholeDirectories({ rules }: Rules): readonly string[] {
  if (rules.some(({ when }) => /\.entries\b/.test(when))) return [];
  const looking = rules
    .filter(({ when }) => /\bevidence\.changes\b/.test(when) && /\.path\b/.test(when))
    .map(({ name }) => name);
  if (looking.length === 0) return [];
  const who = looking.length === 1 ? `rule ${looking[0]} looks` : `rules ${looking.join(', ')} look`;
  return [
    `${who} at paths, and a directory that came or went whole is one: hold on evidence.changes.exists(c, c.entries > 1), too`,
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
