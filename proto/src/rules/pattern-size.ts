import type { RE2JS } from 're2js';
import { ATOM, GROUP, REPEAT } from './traps.ts';

// Measured: what RE2 takes for a class of Unicode is as much as for so many characters; for a range of it without regard to
// case, it goes through the range.
const CLASS_SIZE = 20;
const RANGE_SIZE = 400;

/** About how large a pattern is once its `{n}` are written out, in characters; told without writing them out. */
export function sizeOf(pattern: string): number {
  const sizes = [0];
  let at = 0;
  const take = (token: RegExp): string | undefined => {
    token.lastIndex = at;
    const [found] = token.exec(pattern) ?? [];
    if (found !== undefined) at += found.length;
    return found;
  };
  while (at < pattern.length) {
    const group = take(GROUP);
    if (group !== undefined) {
      if (!group.endsWith(')')) sizes.push(1);
      continue;
    }
    const atom = take(ATOM) ?? '';
    const size = atom === ')' && sizes.length > 1 ? (sizes.pop() ?? 0) : sizeOfAtom(atom);
    sizes.push((sizes.pop() ?? 0) + size * timesOf(take(REPEAT)));
  }
  return sizes.reduce((sum, size) => sum + size, 0);
}

function sizeOfAtom(atom: string): number {
  if (atom.startsWith('\\Q')) return atom.length;
  const classes = (atom.match(/\\[pP]/g)?.length ?? 0) * CLASS_SIZE;
  const ranges = (atom.match(/-(\\x\{|[^\0-~])/g)?.length ?? 0) * RANGE_SIZE;
  return 1 + classes + ranges;
}

function timesOf(repeat: string | undefined): number {
  const counts = repeat?.match(/\d+/g)?.map(Number) ?? [];
  return Math.max(1, ...counts);
}

interface Instruction {
  readonly runes?: readonly number[];
}

/** In how many places at once a pattern may stand at one character: what each character costs in the worst case. */
export function widthOf(compiled: RE2JS): number {
  const { prog } = compiled.re2();
  // What is repeated is one list many times.
  const lists = new Map<readonly number[], number>();
  for (let pc = 0; pc < prog.numInst(); pc++) {
    const { runes = [] }: Instruction = prog.getInst(pc);
    lists.set(runes, (lists.get(runes) ?? 0) + 1);
  }
  const steps = [...lists].flatMap(([runes, times]) =>
    edgesOf(runes).map(([at, step]) => [at, step * times] as const),
  );
  let [width, most] = [0, 0];
  for (const [, step] of steps.sort(([a, x], [b, y]) => a - b || x - y)) {
    width += step;
    most = Math.max(most, width);
  }
  return most;
}

/** Where the ranges of one instruction begin and end; they do not overlap. One character alone is its own range. */
function edgesOf(runes: readonly number[]): [number, 1 | -1][] {
  const [first] = runes;
  if (runes.length === 1 && first !== undefined)
    return [
      [first, 1],
      [first + 1, -1],
    ];
  return [...runes].map((rune, at) => (at % 2 === 0 ? [rune, 1] : [rune + 1, -1]));
}
