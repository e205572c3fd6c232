import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hinted, STATE_VERBS } from './hint.ts';
import { program } from './main.ts';

describe('a command line that drylane tells people to type', () => {
  it('names the state directory that was given, after its verb', () => {
    expect(hinted('let it land: drylane apply run_1; see drylane show run_1', 'my state')).toBe(
      "let it land: drylane apply --state 'my state' run_1; see drylane show --state 'my state' run_1",
    );
  });

  it('stays as it is where none was given, or the verb has none, or it is named already', () => {
    expect(hinted('drylane apply run_1', undefined)).toBe('drylane apply run_1');
    for (const text of [
      'drylane --help',
      'drylane policy check FILE',
      'drylane showing',
      'drylane runs --state x',
    ])
      expect(hinted(text, '/s')).toBe(text);
  });

  it('is known of every verb that has --state, and of no other', () => {
    const { stdin, stdout, stderr } = process;
    const root = program({ stdin, stdout, stderr, env: {}, cwd: '/' }, () => undefined);
    const verbs = root.commands
      .filter(({ options }) => options.some(({ long }) => long === '--state'))
      .map((verb) => verb.name());
    expect([...STATE_VERBS].sort()).toEqual(verbs.sort());
  });

  it('gives the shell the very directory', () => {
    const directory = fc
      .string({ unit: 'binary' })
      .filter((text) => !text.includes('\0') && text.isWellFormed());
    const states = fc.sample(directory, 200);
    const lines = states.map((state) =>
      hinted('drylane runs', state).replace('drylane runs --state', String.raw`printf '%s\0'`),
    );
    const told = execFileSync('bash', [], { encoding: 'utf8', input: lines.join('\n') });
    expect(told.split('\0').slice(0, -1)).toEqual(states);
  });
});
