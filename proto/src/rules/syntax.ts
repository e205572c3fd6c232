import type { Fault } from './fault.ts';

type Words = Pick<Fault, 'message' | 'mend'>;

/** What other languages write, by what stands at the place where it is no CEL. */
const BORROWED: readonly (readonly [before: RegExp, from: RegExp, words: Words])[] = [
  [/$/, /^and\b/, { message: 'and is no operator', mend: 'write &&' }],
  [/$/, /^or\b/, { message: 'or is no operator', mend: 'write ||' }],
  [/\bnot\s+$/, /^/, { message: 'not is no operator', mend: 'write ! before it' }],
  [/$/, /^=>/, { message: '=> has no place here', mend: 'write a name and a comma: exists(c, …)' }],
  [/==$/, /^=/, { message: '=== is no operator', mend: 'write ==' }],
  [/$/, /^=/, { message: '= does not compare', mend: 'write ==' }],
  [/<$/, /^>/, { message: '<> is no operator', mend: 'write !=' }],
  [/$/, /^[&|]/, { message: 'a single & or | is no operator', mend: 'write && or ||' }],
  [/$/, /^[“”„‘’«»]/, { message: 'these quotes are no quotes here', mend: 'write plain ones: "…"' }],
];

const UNCLOSED: Readonly<Record<string, string>> = { RPAREN: ')', RBRACKET: ']', RBRACE: '}' };

/**
 * What keeps a text from being an expression, in the words of who wrote it.
 * @param at where the parser stopped, in UTF-16 units
 * @param summary what the parser says of it
 */
export function syntaxFault(text: string, at: number, summary: string): Fault {
  const end = text.trimEnd().length;
  // Of a block of YAML, the last line break would put the caret on a line where nothing stands.
  return {
    at: Math.min(at, end),
    ...wordsFor(text.slice(Math.max(0, at - 10), at), text.slice(at, end), summary),
  };
}

function wordsFor(before: string, from: string, summary: string): Words {
  if (/^(unterminated|newlines not allowed)/i.test(summary))
    return { message: 'a text is not closed', mend: 'close it with the quote that it began with' };
  if (/escape sequence/i.test(summary))
    return { message: lower(summary), mend: 'double the backslash, or write r"…"' };
  const borrowed = BORROWED.find(([left, right]) => left.test(before) && right.test(from));
  if (borrowed !== undefined) return borrowed[2];
  const bracket = UNCLOSED[/^expected (\w+)/i.exec(summary)?.[1] ?? ''];
  if (bracket !== undefined)
    return {
      message: `a ${bracket} is missing`,
      mend: `close it with ${bracket}, or correct what stands there`,
    };
  if (from === '') return { message: 'ends too soon', mend: 'complete it' };
  const [part] = /^(\w{1,40}|[!-~])/.exec(from) ?? [];
  if (part === undefined) return { message: lower(summary), mend: 'correct it there' };
  return { message: `${part} has no place here`, mend: 'correct it there' };
}

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
