import { describe, expect, it } from 'vitest';
import { environmentProblems, isOwnedVariable } from './environment.ts';

describe("the sandbox's own variables", () => {
  it.each([
    ...['LD_PRELOAD', 'LD_LIBRARY_PATH', 'LD_AUDIT', 'DYLD_INSERT_LIBRARIES', 'GLIBC_TUNABLES', 'GCONV_PATH'],
    ...[
      'BASH_ENV',
      'ENV',
      'BASHOPTS',
      'SHELLOPTS',
      'BASH_XTRACEFD',
      'PS4',
      'PROMPT_COMMAND',
      'IFS',
      'CDPATH',
    ],
    ...['PATH', 'HOME', 'PWD', 'DRYLANE_RUN', '__drylane_end'],
  ])('include %s', (name) => {
    expect(isOwnedVariable(name)).toBe(true);
  });

  it.each(['LANG', 'LC_ALL', 'TZ', 'NODE_ENV', 'PYTHONPATH', 'TMPDIR', 'CI', 'DEBUG', 'LDFLAGS', 'PATHS'])(
    'do not include %s',
    (name) => {
      expect(isOwnedVariable(name)).toBe(false);
    },
  );
});

describe('environmentProblems', () => {
  it('says of each entry the first thing that is wrong, and nothing of the others', () => {
    const found = environmentProblems(
      { LANG: 'C', PATH: 'secret', TOKEN: 'x', KEY: 'secret' },
      new Set(['TOKEN']),
      (_, value) => (value === 'secret' ? 'generic' : undefined),
    );
    expect(found.map(({ field, message }) => [field, message])).toEqual([
      ['env.PATH', 'is a variable that the sandbox sets itself'],
      ['env.TOKEN', 'is the name of a credential, which an envelope never holds'],
      ['env.KEY', 'looks like a secret (generic)'],
    ]);
  });
});
