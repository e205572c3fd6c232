import { all, any, flag, flagValue, not, verb, word } from './conditions.ts';
import type { Condition, Rule } from './rule.ts';

/** A query of GraphQL that is written out; a mutation changes something, and a file may hold either. */
const asksGraph: Condition = all(
  verb('api graphql'),
  word(/^query=\s*(query\b|\{)/),
  not(word(/mutation|=@/)),
);

/** Services that host code, and what is kept there beside it. */
export const FORGE: readonly Rule[] = [
  {
    id: 'forge-secrets',
    programs: 'gh glab tea',
    when: verb('secret, secrets, ssh-key, gpg-key, auth token'),
    dimension: 'credential',
    points: 3,
    message: 'works with keys or secrets on a code hosting service',
    matches: ['gh secret list', 'gh ssh-key list'],
    not_matches: ['gh variable list', 'gh pr view 1'],
  },
  {
    id: 'forge-reads',
    programs: 'gh glab hub tea',
    dimension: 'network',
    points: 3,
    message: 'asks a code hosting service',
    whatever: true,
    matches: ['gh pr view 1', 'glab mr list'],
    not_matches: ['git status'],
  },
  {
    id: 'forge-changes',
    programs: 'gh glab hub tea',
    when: any(
      ({ operands }) =>
        /^(create|edit|merge|close|reopen|comment|review|ready|approve|sync|rename|set|upload|transfer|run|rerun|cancel|enable|disable|lock|unlock|pin|add|fork|archive|new|update|revoke|checkout|clone|publish|push)$/.test(
          operands[1]?.text ?? '',
        ),
      flagValue(['-X', '--method'], /^(POST|PUT|PATCH)$/i),
      all(verb('api'), flag('-f', '-F', '--field', '--raw-field', '--input'), not(asksGraph)),
    ),
    dimension: 'network',
    points: 5,
    message: 'changes something on a code hosting service',
    matches: ['gh pr merge 1', 'gh repo archive owner/repo', 'gh api -X POST /repos/o/r'],
    not_matches: ['gh pr view 1', 'gh run list', "gh api graphql -f query='query { viewer { login } }'"],
  },
  {
    id: 'forge-deletes',
    programs: 'gh glab hub tea',
    when: any(
      ({ operands }) => /^(delete|remove|delete-.*|purge)$/.test(operands[1]?.text ?? ''),
      flagValue(['-X', '--method'], /^DELETE$/i),
    ),
    dimension: 'blast_radius',
    points: 6,
    message: 'deletes something on a code hosting service',
    matches: ['gh repo delete owner/repo', 'gh api -X DELETE /repos/owner/repo', 'gh release delete v1.0.0'],
    not_matches: ['gh pr view 1', 'gh pr merge 1 --delete-branch'],
  },
];
