import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Flag, flagsFirst, ownWords } from './quoted-command.ts';

const FLAGS: readonly Flag[] = [
  { names: ['--json'], takesValue: false },
  { names: ['-f', '--file'], takesValue: true },
  { names: ['--credential'], takesValue: true },
];
const moved = (...words: string[]): string => flagsFirst(['rehearse', ...words], FLAGS).join(' | ');

describe('flags after a quoted command', () => {
  it('are drylane’s, whatever stood before the command', () => {
    expect(moved('--json', '--', 'curl x; curl y', '--credential', 'TOKEN')).toBe(
      'rehearse | --json | --credential | TOKEN | -- | curl x; curl y',
    );
    expect(moved('--', 'a b', '--credential=T', '-f', 'x', '-fy', '--json')).toBe(
      'rehearse | --credential=T | -f | x | -fy | --json | -- | a b',
    );
    expect(moved('--', 'one\ntwo', '--json')).toBe('rehearse | --json | -- | one\ntwo');
  });

  it('are the command’s where the command is not in quotes', () => {
    for (const words of [['--', 'ls', '--json'], ['--', 'git', 'a b', '--credential'], ['--', 'a b'], ['--']])
      expect(flagsFirst(words, FLAGS)).toEqual(words);
    expect(flagsFirst(['--json', 'a b'], FLAGS)).toEqual(['--json', 'a b']);
  });

  it.each([
    ['an operand', ['--json', 'operand'], 'operand'],
    ['a flag that is not known', ['--nope'], '--nope'],
    ['a value for a flag without one', ['--json=1'], '--json=1'],
    ['a flag without its value', ['--json', '--credential'], '--credential'],
    ['another --', ['--json', '--', 'ls'], '--'],
    ['an empty word', [''], "''"],
  ])('are refused by name when among them is %s', (_, after, named) => {
    expect(() => moved('--', 'a b', ...after)).toThrow(
      expect.objectContaining({
        code: 'bad-input',
        problems: [expect.objectContaining({ message: expect.stringContaining(` ${named} after them`) })],
      }),
    );
  });

  it('begin after the -- that ends the flags, not after one that is a value', () => {
    expect(moved('--credential', '--', '--', 'a b', '--json')).toBe(
      'rehearse | --credential | -- | --json | -- | a b',
    );
    expect(ownWords(['x', '--file', '--', '--', '--json'], FLAGS)).toEqual(['x', '--file', '--']);
    expect(ownWords(['x', '--json'], FLAGS)).toEqual(['x', '--json']);
  });

  it('mean the same before the command and after it', () => {
    const flag = fc.oneof(
      fc.constant(['--json']),
      fc.tuple(fc.constantFrom('--credential', '-f', '--file'), fc.string()),
      fc.string().map((value) => [`--credential=${value}`]),
    );
    const some = fc.array(flag, { maxLength: 5 }).map((words) => words.flat());
    fc.assert(
      fc.property(some, some, fc.string(), (before, after, text) => {
        const command = `${text} x`;
        const words = flagsFirst([...before, '--', command, ...after], FLAGS);
        expect(words).toEqual([...before, ...after, '--', command]);
        expect(flagsFirst(words, FLAGS)).toEqual(words);
        expect(ownWords(words, FLAGS)).toEqual([...before, ...after]);
      }),
    );
  });
});
