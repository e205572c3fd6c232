import { type CompiledPattern, compilePattern, encodePath, PathPattern } from '@drylane/proto/paths';
import { patternsOverlap } from './overlap.ts';

/** A path that patterns are wanted for. */
export interface Written {
  /** Bytes, without a leading slash. */
  readonly path: Uint8Array;
  /** It stands for a directory and all below it. */
  readonly tree: boolean;
}

/** Where the paths count from, what must stay forbidden, and how many patterns there may be. */
export interface CoverOptions {
  readonly absolute: boolean;
  readonly forbidden: readonly CompiledPattern[];
  readonly most: number;
}

const ALIKE = 3;
const DEEPEST = 16;

// Comparing every pattern with every forbidden one costs the product of their lengths; beyond this we do not.
const AFFORDABLE = 50_000_000;

/** A path as its parts, each its bytes one to a character. */
type Parts = readonly string[];

interface Item {
  readonly parts: Parts;
  readonly tree: boolean;
}

/**
 * Few patterns that mean every path given. Three files or more of one directory and one extension become
 * `dir/*.ext`, unless that could mean a forbidden path; a tree becomes `dir/`; anything else is named exactly,
 * as far as a pattern can (a byte that is not UTF-8 becomes `*`). Only when there would be more than `most`
 * are whole directories named instead, the deepest that will do: forbidden paths still win over those.
 */
export function cover(written: readonly Written[], options: CoverOptions): readonly PathPattern[] {
  const items = written.map(({ path, tree }): Item => ({ parts: partsOf(path), tree }));
  const trees = items.filter(({ tree }) => tree);
  const roots = new Set(trees.map(({ parts }) => keyOf(parts)));
  const isBelowTree = (parts: Parts) => parts.some((_, at) => roots.has(keyOf(parts.slice(0, at))));
  const files = items.filter(({ parts, tree }) => !tree && !isBelowTree(parts)).map(({ parts }) => parts);
  const found = new Set([
    ...trees
      .filter(({ parts }) => !isBelowTree(parts))
      .map(({ parts }) => patternOf(parts, true, options.absolute)),
    ...filesCovered(files, options),
  ]);
  return found.size <= options.most ? [...found].sort() : coarse(items, options);
}

function filesCovered(files: readonly Parts[], options: CoverOptions): readonly PathPattern[] {
  const families = Map.groupBy(files, familyOf);
  const forbidden = options.forbidden.filter(({ absolute }) => absolute === options.absolute);
  const affordable =
    costOf([...families.keys()]) * costOf(forbidden.map(({ source }) => source)) <= AFFORDABLE;
  return [...families].flatMap(([family, members]) => {
    const exact = members.map((parts) => patternOf(parts, false, options.absolute));
    if (members.length < ALIKE || family === '' || !affordable) return exact;
    const pattern = patternOf(family.split('/'), false, options.absolute);
    const compiled = compilePattern(pattern);
    return forbidden.some((other) => patternsOverlap(compiled, other)) ? exact : [pattern];
  });
}

/** `dir/*.ext` of a file, or nothing for one without an extension. */
function familyOf(parts: Parts): string {
  const name = parts.at(-1) ?? '';
  const dot = name.lastIndexOf('.');
  if (dot <= 0 || dot === name.length - 1) return '';
  return [...parts.slice(0, -1), `*${name.slice(dot)}`].join('/');
}

function coarse(items: readonly Item[], { absolute, most }: CoverOptions): readonly PathPattern[] {
  for (let depth = DEEPEST; depth > 0; depth--) {
    const found = new Set(
      items.map(({ parts, tree }) =>
        patternOf(parts.slice(0, depth), tree || parts.length > depth, absolute),
      ),
    );
    if (found.size <= most) return [...found].sort();
  }
  return [absolute ? '/**' : '**'];
}

/** The tightest pattern that can be written for a path; its directories where it cannot be written at all. */
function patternOf(parts: Parts, tree: boolean, absolute: boolean): PathPattern {
  for (let length = parts.length; length > 0; length--) {
    const whole = length === parts.length;
    const text = parts.slice(0, length).map(writable).join('/');
    const pattern = `${absolute ? '/' : ''}${text}${tree || !whole ? '/' : ''}`;
    if (PathPattern.safeParse(pattern).success) return pattern;
  }
  return absolute ? '/**' : '**';
}

/** One part as a pattern has it: runs of bytes that are not UTF-8 become `*`, and no name becomes `**`. */
function writable(part: string): string {
  const text = encodePath(Buffer.from(part, 'latin1'))
    .replace(/\\(\\|x[0-9a-f]{2})/g, (code) => (code === '\\\\' ? '\\' : '\0'))
    .replace(/\0+/g, '*');
  return text === '' || text === '**' ? '*' : text;
}

function partsOf(path: Uint8Array): Parts {
  return Buffer.from(path.buffer, path.byteOffset, path.byteLength).toString('latin1').split('/');
}

function keyOf(parts: Parts): string {
  return parts.join('/');
}

function costOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}
