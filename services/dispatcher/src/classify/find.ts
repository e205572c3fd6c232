import type { Arg } from './model.ts';

/** What a `find` command line says: where it looks, whether it looks for something, what it starts. */
export interface Find {
  readonly starts: readonly Arg[];
  /** Tests such as -name narrow it down; without any, everything is meant. */
  readonly narrowed: boolean;
  readonly commands: readonly (readonly Arg[])[];
}

const STARTERS = new Set(['-exec', '-execdir', '-ok', '-okdir']);
/** Tests that narrow a search down. */
export const TESTS =
  /^-(i?name|i?path|i?regex|i?wholename|i?lname|type|size|[acm]?min|[acm]time|newer\w*|user|uid|group|gid|perm|empty|nouser|nogroup|inum|samefile|links)$/;
/** Enough to score by: more starting points say nothing new. */
const MAX_STARTS = 4;

/** Reads the arguments of find; `{}` in a command it starts is given the places find looks in. */
export function readFind(args: readonly Arg[]): Find {
  let at = 0;
  while (/^-([HLP]|O\d|D)$/.test(args[at]?.text ?? '')) at++;
  const from = at;
  while (at < args.length && !/^[-(!]/.test(args[at]?.text ?? '')) at++;
  const starts = args.slice(from, at);
  const narrowed = args.some((a) => TESTS.test(a.text));
  const commands: Arg[][] = [];
  for (; at < args.length; at++) {
    if (!STARTERS.has(args[at]?.text ?? '')) continue;
    const end = endOfCommand(args, at + 1);
    const words = args.slice(at + 1, end);
    if (words.length > 0) commands.push(words.flatMap((word) => fillIn(word, starts, narrowed)));
    at = end;
  }
  return { starts, narrowed, commands };
}

function endOfCommand(args: readonly Arg[], from: number): number {
  let at = from;
  while (at < args.length) {
    const { text } = args[at] ?? { text: ';' };
    if (text === ';' || (text === '+' && args[at - 1]?.text === '{}')) break;
    at++;
  }
  return at;
}

function fillIn(word: Arg, starts: readonly Arg[], narrowed: boolean): Arg[] {
  if (!word.text.includes('{}')) return [word];
  const places = starts.length > 0 ? starts.slice(0, MAX_STARTS).map((s) => s) : [{ ...word, text: '.' }];
  return places.map((start) => ({
    ...word,
    text: word.text.replace('{}', () => (narrowed ? `${start.text}/found/*` : start.text)),
    variables: start.variables,
    literal: false,
    glob: true,
    offset: null,
  }));
}
