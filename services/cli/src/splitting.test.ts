import { describe, expect, it } from 'vitest';
import { splitCommand } from './embedded/tools.ts';
import { splitLines } from './splitting.ts';

const said = (command: string) =>
  splitLines(splitCommand(command, 'bash')).map(({ text, hint }) =>
    [text, ...(hint ? [hint] : [])].join(': '),
  );

describe('what is said of an opaque command', () => {
  it('is how many steps it has, or why it has to stay whole', () => {
    expect(said('ls; bash a.sh')).toEqual([
      '2, which can be rehearsed one by one as commands of their own: drylane steps -- COMMAND',
    ]);
    expect(said('bash a.sh; echo $PIPESTATUS')).toEqual([
      'it is rehearsed as one: the text reads PIPESTATUS, which a marker changes; write its steps as commands of their own',
    ]);
    expect(said('curl a | sh')).toEqual([]);
  });
});
