import type { CompiledPattern } from '@drylane/proto/paths';

/**
 * Whether some path could be meant by both patterns. A table over the parts of both, filled from their ends:
 * two beginnings can meet when what is left of each can stand for the same path. Errs towards yes (it lets a
 * part be empty, which no name is). Time is bounded by the product of the two lengths.
 */
export function patternsOverlap(a: CompiledPattern, b: CompiledPattern): boolean {
  if (a.absolute !== b.absolute) return false;
  return sequencesMeet(partsOf(a), partsOf(b), { anyRun: isAnyPath, alike: partsMeet });
}

function partsOf({ segments, subtree }: CompiledPattern): readonly string[] {
  return subtree ? [...segments, '**'] : segments;
}

function isAnyPath(part: string): boolean {
  return part === '**';
}

function partsMeet(a: string, b: string): boolean {
  if (!a.includes('*') && !b.includes('*')) return a === b;
  return sequencesMeet([...a], [...b], { anyRun: (c) => c === '*', alike: (x, y) => x === y });
}

interface Alphabet {
  /** Stands for any run of the other side's symbols, none included. */
  readonly anyRun: (symbol: string) => boolean;
  readonly alike: (a: string, b: string) => boolean;
}

function sequencesMeet(a: readonly string[], b: readonly string[], alphabet: Alphabet): boolean {
  // below[j]: what is left of a after this symbol, and of b from j on, can stand for the same.
  let below: boolean[] = [];
  for (let i = a.length; i >= 0; i--) {
    const row = new Array<boolean>(b.length + 1).fill(false);
    for (let j = b.length; j >= 0; j--) row[j] = meets(a[i], b[j], { below, row, j }, alphabet);
    below = row;
  }
  return below[0] === true;
}

interface Cell {
  readonly below: readonly boolean[];
  readonly row: readonly boolean[];
  readonly j: number;
}

function meets(
  x: string | undefined,
  y: string | undefined,
  cell: Cell,
  { anyRun, alike }: Alphabet,
): boolean {
  const skipX = x !== undefined && cell.below[cell.j] === true;
  const skipY = y !== undefined && cell.row[cell.j + 1] === true;
  if (x === undefined && y === undefined) return true;
  if ((x !== undefined && anyRun(x)) || (y !== undefined && anyRun(y))) return skipX || skipY;
  return x !== undefined && y !== undefined && cell.below[cell.j + 1] === true && alike(x, y);
}
