import { DrylaneError } from '@drylane/proto/errors';

/**
 * The command that the words after `--` make: one word is shell text as it stands; several are one program and
 * its arguments, each quoted so that the shell gives them back unchanged.
 */
export function commandFrom(words: readonly string[]): string | undefined {
  if (words.length < 2) return words[0];
  return words.map(quote).join(' ');
}

/** The same, for a verb that cannot do without. */
export function requiredCommand(words: readonly string[]): string {
  const command = commandFrom(words);
  if (command !== undefined && command.trim() !== '') return command;
  throw new DrylaneError('bad-input', {
    field: 'command',
    message: 'there is none',
    mend: "write it after --, in quotes: -- 'ls | wc -l'",
  });
}

/** A word as the shell takes it back unchanged. */
export function quote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
