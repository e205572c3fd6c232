import { quote } from './shell-words.ts';

/** The verbs that work on a state directory, and so have `--state`. */
export const STATE_VERBS = [
  ...['rehearse', 'execute', 'approve', 'reject', 'apply', 'recover', 'receipt', 'verify', 'init'],
  ...['show', 'diff', 'runs', 'suggest', 'doctor', 'up'],
] as const;

const HINT = new RegExp(`\\bdrylane (?:${STATE_VERBS.join('|')})\\b(?! --state)`, 'g');

/**
 * Words of drylane's own with every command line in them made one that can be typed as it stands: it names the state
 * directory where this one did. Never for words that a command has a hand in: those are shown as they are.
 */
export function hinted(words: string, state: string | undefined): string {
  return state === undefined ? words : words.replace(HINT, (line) => `${line} --state ${quote(state)}`);
}
