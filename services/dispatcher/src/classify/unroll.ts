import type { Arg } from './model.ts';
import { WRAPPERS, type Wrapper } from './wrappers.ts';

/** More wrappers around one command than anyone writes who wants to be read. */
const MAX_WRAPPERS = 10;

/** A command with its wrappers taken off. */
export interface Unrolled {
  readonly words: readonly Arg[];
  readonly via: readonly string[];
  /** `NAME=value` that a wrapper such as env sets. */
  readonly assigns: readonly Arg[];
  readonly fed: boolean;
  /** Commands that a wrapper starts beside the one behind it: `strace -o '|cmd' ls`. */
  readonly beside: readonly Arg[];
  readonly tooDeep: boolean;
}

/** The program's name without directories and version: `/usr/bin/python3.11` is `python`. */
export function programOf(name: Arg): string {
  const base = name.text.slice(name.text.lastIndexOf('/') + 1);
  const versioned =
    /^(python|pypy|pip|ruby|perl|lua|php|node|gcc|g\+\+|clang|clang\+\+|gnuplot|wish|tclsh)-?\d[\d.]*$/.exec(
      base,
    );
  if (/^ld(-linux[\w-]*|-musl[\w-]*|64|)\.so(\.\d+)*$/.test(base)) return 'ld.so';
  return versioned?.[1] ?? base.replace(/^(kafka-[a-z-]+)\.sh$/, '$1');
}

/** Takes sudo, env, timeout, xargs and their like off; a wrapper with no command behind it is the command. */
export function unroll(words: readonly Arg[]): Unrolled {
  const via: string[] = [];
  const assigns: Arg[] = [];
  const beside: Arg[] = [];
  let rest = words;
  let fed = false;
  for (let i = 0; i < MAX_WRAPPERS; i++) {
    const [name] = rest;
    const program = name === undefined ? '' : programOf(name);
    const at = innerAt(program, rest, assigns);
    if (at === null) return { words: rest, via, assigns, beside, fed, tooDeep: false };
    via.push(program);
    if (program === 'strace') beside.push(...pipedTo(rest.slice(1, at)));
    fed ||= WRAPPERS[program]?.feeds ?? false;
    rest = rest.slice(at);
  }
  return { words: rest, via, assigns, beside, fed, tooDeep: true };
}

/** The output of strace may go to a command: `-o '|cmd'`, `-o '!cmd'`. */
function pipedTo(flags: readonly Arg[]): Arg[] {
  return flags.flatMap((flag, i) => {
    const command = /^(?:-[a-zA-Z]*o|--output=)?[|!](.+)$/s.exec(flag.text)?.[1];
    const isOutput = /^-/.test(flag.text) || /^(-[a-zA-Z]*o|--output)$/.test(flags[i - 1]?.text ?? '');
    return command !== undefined && isOutput ? [{ ...flag, text: command, offset: null }] : [];
  });
}

/** Where the wrapped command starts; null when there is none. */
function innerAt(program: string, words: readonly Arg[], assigns: Arg[]): number | null {
  const wrapper = Object.hasOwn(WRAPPERS, program) ? WRAPPERS[program] : undefined;
  if (wrapper === undefined) return null;
  const afterFlags = skipFlags(program, wrapper, words, assigns);
  if (afterFlags === null) return null;
  const at = afterFlags + (wrapper.skip ?? 0);
  const first = words[at]?.text;
  if (first === undefined || (wrapper.text && /\s/.test(first))) return null;
  return program === 'flock' && /^(-c|--command)$/.test(first) ? null : at;
}

function skipFlags(program: string, wrapper: Wrapper, words: readonly Arg[], assigns: Arg[]): number | null {
  const values = new Set(wrapper.values?.split(' '));
  for (let at = 1; at < words.length; at++) {
    const word = words[at];
    if (word === undefined || word.text === '--') return at + 1;
    if (wrapper.assigns && /^\w+\+?=/.test(word.text)) assigns.push(word);
    else if (!/^-./.test(word.text)) return at;
    else if (asksOnly(program, word.text)) return null;
    else if (takesNext(word.text, values)) at++;
  }
  return words.length;
}

/** `command -v`, `env -S` and `flock -c` are no plain wrapping: rules and texts look at them as they are. */
function asksOnly(program: string, flag: string): boolean {
  if (program === 'command') return flag === '-v' || flag === '-V';
  if (program === 'env') return flag.startsWith('-S') || flag.startsWith('--split-string');
  if (program === 'screen') return /^-(ls|list|X|r|R|x|RR|wipe|v)$/.test(flag);
  if (program === 'sudo') return /^-(l|e|ll)$|^--(list|edit)$/.test(flag);
  return false;
}

function takesNext(flag: string, values: ReadonlySet<string>): boolean {
  if (values.has(flag)) return true;
  if (flag.startsWith('--')) return false;
  const letters = flag.slice(1);
  const first = [...letters].findIndex((letter) => values.has(`-${letter}`));
  return first >= 0 && first === letters.length - 1;
}
