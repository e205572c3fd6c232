import { DrylaneError } from '@drylane/proto/errors';

/** A flag of a verb: what it is called, and whether the next word is its value. */
export interface Flag {
  readonly names: readonly string[];
  readonly takesValue: boolean;
}

/**
 * The words of a command line with the flags that follow a quoted command put before its `--`. One word with white
 * space in it is a whole command: no program is called so, hence what stands after it is meant for drylane.
 * @throws DrylaneError `bad-input` that names the first word there which is none of the verb's flags.
 */
export function flagsFirst(words: readonly string[], flags: readonly Flag[]): readonly string[] {
  const end = endOfFlags(words, flags);
  const [command, ...after] = words.slice(end + 1);
  if (command === undefined || !/\s/.test(command)) return words;
  for (let at = 0; at < after.length; ) {
    const length = flagLength(after, at, flags);
    if (length === 0) throw stray(after[at] ?? '', 'is no flag of drylane');
    if (at + length > after.length) throw stray(after[at] ?? '', 'has no value');
    at += length;
  }
  return [...words.slice(0, end), ...after, '--', command];
}

/** The words that are drylane's own: those before the `--`, or all where there is none. */
export function ownWords(words: readonly string[], flags: readonly Flag[]): readonly string[] {
  return words.slice(0, endOfFlags(words, flags));
}

/** Where the `--` stands that ends the flags, rather than being the value of one. */
function endOfFlags(words: readonly string[], flags: readonly Flag[]): number {
  let at = 0;
  while (at < words.length && words[at] !== '--') at += Math.max(1, flagLength(words, at, flags));
  return at;
}

/** How many words a flag at this place takes with its value; 0 where no flag stands. */
function flagLength(words: readonly string[], at: number, flags: readonly Flag[]): number {
  const word = words[at] ?? '';
  for (const { names, takesValue } of flags) {
    if (names.includes(word)) return takesValue ? 2 : 1;
    const joined = names.some((name) => word.startsWith(name.startsWith('--') ? `${name}=` : name));
    if (takesValue && joined) return 1;
  }
  return 0;
}

function stray(word: string, message: string): DrylaneError {
  return new DrylaneError('bad-input', {
    field: 'command',
    message: `is whole in its quotes, and ${word === '' ? "''" : word} after them ${message}`,
    mend: 'put all of the command into the quotes, and only flags of drylane after them',
  });
}
