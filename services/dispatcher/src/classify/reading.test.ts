import { parseShell } from '@drylane/proto/shell';
import { describe, expect, it } from 'vitest';
import { classify } from './classify.ts';
import { readModel } from './read.ts';

function commandsOf(text: string) {
  const parsed = parseShell(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return readModel(parsed.script, text.length).invocations;
}

const only = (text: string) => {
  const [first, ...more] = commandsOf(text);
  expect(more.map((c) => c.program)).toEqual([]);
  if (first === undefined) throw new Error('no command');
  return first;
};

describe('the model of a command', () => {
  it('takes wrappers off and remembers them', () => {
    const c = only('sudo -u bob env -i A=b timeout -k 5 10 nice -n 3 rm -rf a');
    expect(c.program).toBe('rm');
    expect(c.via).toEqual(['sudo', 'env', 'timeout', 'nice']);
    expect(c.assignments.map((a) => [a.name, a.value?.text])).toEqual([['A', 'b']]);
  });

  it('leaves a wrapper that wraps nothing as the command', () => {
    expect(only('env').program).toBe('env');
    expect(only('command -v rm').program).toBe('command');
    expect(only('sudo -l').program).toBe('sudo');
  });

  it('goes into what runners, loaders and the output of strace start', () => {
    const programs = (text: string) => commandsOf(text).map((c) => c.program);
    expect(programs("strace -f -o '|a b' ls")).toEqual(['ls', 'a']);
    expect(programs('/lib64/ld-linux-x86-64.so.2 --library-path a /bin/rm b')).toEqual(['ld.so', 'rm']);
    expect(programs('npx -y -p a b c')).toEqual(['npx', 'b']);
    expect(programs('bundle exec rake a')).toEqual(['bundle', 'rake']);
    expect(programs(". /dev/stdin <<< 'rm a'")).toEqual(['.', 'rm']);
    expect(programs("$SHELL -c 'rm a'")).toEqual(['', 'rm']);
    expect(programs('git submodule foreach --recursive rm -rf a')).toEqual(['git', 'rm']);
  });

  it('places a brace list by the worst of what it becomes', () => {
    expect(only('rm -rf {a,b,/}').effects[0]?.place).toBe('root');
    expect(only('rm -rf {a,/}{,b}').effects[0]?.place).toBe('root');
    expect(only('rm -rf /{a,{etc,b}}').effects[0]?.place).toBe('root');
    expect(only('rm -rf a/{b,c}').effects[0]?.place).toBe('inside');
    expect(classify(`rm -rf {/,a}${'{a,b}'.repeat(9)}`, { medium: 4, high: 7 }).level).toBe('high');
    expect(only("rm -rf '{a,/}'").effects[0]?.place).toBe('inside');
  });

  it('splits clusters, reads values and ends flags at --', () => {
    const c = only('tar -xzf a.tgz --exclude=b -- -c');
    expect([...c.flags.keys()]).toEqual(expect.arrayContaining(['-x', '-z', '-f', '--exclude']));
    expect(c.flags.get('-f')?.text).toBe('a.tgz');
    expect(c.operands.map((o) => o.text)).toEqual(['-c']);
  });

  it('knows a variable only where its value is sure', () => {
    const target = (text: string) => commandsOf(text).at(-1)?.operands[0];
    expect(target('X=a; rm $X')).toMatchObject({ text: 'a', literal: true });
    expect(target('export X=a; rm "$X/b"')).toMatchObject({ text: 'a/b', literal: true });
    for (const unsure of ['X=a; X=b; rm $X', 'X=a true; rm $X', 'true && X=a; rm $X', '(X=a); rm $X'])
      expect(target(unsure), unsure).toMatchObject({ literal: false, variables: ['X'] });
    for (const unsure of ['X=a & rm $X', 'if b; then X=a; fi; rm $X', 'read X; rm $X', 'X=$Y; rm $X'])
      expect(target(unsure), unsure).toMatchObject({ literal: false });
  });

  it('does not know a value before it is given', () => {
    expect(commandsOf('rm $X; X=a')[0]?.operands[0]).toMatchObject({ literal: false, variables: ['X'] });
  });

  it('splits the value of an unquoted variable into words', () => {
    expect(commandsOf('X="rm -rf a"; $X').at(-1)).toMatchObject({ program: 'rm' });
    expect(commandsOf('X="rm -rf a"; "$X"').at(-1)?.program).not.toBe('rm');
  });

  it('follows cd to where a relative path may lie', () => {
    const place = (text: string) => commandsOf(text).at(-1)?.effects[0]?.place;
    expect(place('cd /etc && rm a')).toBe('system');
    expect(place('(cd /etc); rm a')).toBe('system');
    expect(place('cd /; cd /tmp; rm a')).toBe('temp');
    expect(place('cd "$X"; rm a')).toBe('unknown');
    expect(place('cd a; rm b')).toBe('inside');
    expect(place('cd a; rm ../../b')).toBe('outside');
  });

  it('gives what find starts the places that find looks in', () => {
    const [find, rm] = commandsOf("find /etc ~ -name '*.o' -exec rm {} +");
    expect(find?.program).toBe('find');
    expect(rm?.effects.map((e) => e.place)).toEqual(['system', 'home']);
    expect(commandsOf('find / -exec rm -r {} +')[1]?.effects[0]).toMatchObject({
      place: 'root',
      recursive: true,
    });
  });

  it('reads texts that shells will read, each with its place in the command', () => {
    for (const text of [
      "bash -c 'rm a'",
      "eval 'rm a'",
      "echo 'rm a' | sh",
      "sh <<< 'rm a'",
      'bash <<E\nrm a\nE',
      "trap 'rm a' 0",
    ])
      expect(commandsOf(text).at(-1), text).toMatchObject({ program: 'rm', depth: 1 });
    for (const text of [
      "su -c 'rm a'",
      "ssh h 'rm a'",
      "watch 'rm a'",
      "alias x='rm a'",
      "flock f -c 'rm a'",
      'nix-shell --run "rm a"',
    ])
      expect(commandsOf(text).at(-1), text).toMatchObject({ program: 'rm', depth: 1 });
  });

  it('knows a redirection to a file from one to a descriptor', () => {
    expect(only('ls > a 2>&1').effects.map((e) => e.target.text)).toEqual(['a']);
    expect(only('ls &> a').effects.map((e) => e.target.text)).toEqual(['a']);
    expect(only('ls >&2 2>&-').effects).toEqual([]);
    expect(only('cat < a').effects).toEqual([]);
  });

  it('finds the commands of every kind of substitution and body', () => {
    for (const text of [
      'a $(rm x)',
      'a `rm x`',
      'a <(rm x)',
      'a=$(rm x)',
      `a \${b:-$(rm x)}`,
      'a "$(rm x)"',
      'a $((1 + $(rm x)))',
    ])
      expect(
        commandsOf(text).map((c) => c.program),
        text,
      ).toContain('rm');
    for (const text of [
      'a <<E\n$(rm x)\nE',
      '[[ $(rm x) ]]',
      'case $(rm x) in a) b;; esac',
      'a[$(rm x)]=1',
      'for i in $(rm x); do a; done',
    ])
      expect(
        commandsOf(text).map((c) => c.program),
        text,
      ).toContain('rm');
    expect(commandsOf("a <<'E'\n$(rm x)\nE").map((c) => c.program)).not.toContain('rm');
  });
});
