import { describe, expect, it } from 'vitest';
import { isHarmless, isSeenTo } from './inline.ts';
import { readSed } from './sed.ts';

describe('inline code', () => {
  it('is harmless only if every word of it is known to compute or print', () => {
    const harmless = [
      "print('hello')",
      'import json,sys; print(json.load(sys.stdin)["a"])',
      'print if /foo/',
      's/foo/bar/g',
      'console.log(process.version)',
      'print sum(range(10))',
      'puts 1 + 2',
      'echo phpversion();',
    ];
    expect(harmless.filter((code) => !isHarmless(code))).toEqual([]);
    const not = [
      'import foo',
      'foo()',
      'print(open("a").read())',
      'print("a" + foo() + "b',
      '"x\n" . foo() . "\n"',
      '1 / foo() / 2',
      'x'.repeat(5000),
      'import os; os.system("x")',
      '`id`',
      's/a/foo/e',
    ];
    expect(not.filter(isHarmless)).toEqual([]);
  });

  it('is seen to do what its calls are known for', () => {
    expect(isSeenTo('deletes', "shutil.rmtree('a')")).toBe(true);
    expect(isSeenTo('writes', "open('a', 'w')")).toBe(true);
    expect(isSeenTo('writes', "open('a')")).toBe(false);
    expect(isSeenTo('spawns', "require('child_process')")).toBe(true);
    expect(isSeenTo('connects', 'import socket')).toBe(true);
    expect(isSeenTo('hides', "exec(b64decode('x'))")).toBe(true);
  });
});

describe('a sed script', () => {
  const NOTHING = [
    's/a/b/',
    's/e/w/g',
    '/e/d',
    's|a|e|;s/b/w/',
    '$!N;P;D',
    '/w /p',
    'y/ew/we/',
    'a\\\ne text',
    '1~2d',
    's/[/]e/x/',
    'b e;:e',
  ];
  const EXECUTES = [
    'e',
    '1e id',
    's/a/id/e',
    's/a/b/ge',
    '/x/e',
    's,a,b,;e id',
    's/[/e]/id/e',
    '{e id\n}',
    '\\,x,e id',
    '$!{1e id\n}',
  ];
  const WRITES = ['w a', 's/a/b/w out', '/x/w a', 's/a/b/gw a', '1,3W a'];

  it('runs or writes something only by its commands, not by what it matches', () => {
    expect(NOTHING.filter((s) => readSed(s).executes || readSed(s).writes)).toEqual([]);
    expect(EXECUTES.filter((s) => !readSed(s).executes)).toEqual([]);
    expect(WRITES.filter((s) => !readSed(s).writes)).toEqual([]);
  });
});
