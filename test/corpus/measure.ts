import { classify } from '@drylane/dispatcher/classify/classify';
import { RISK_LEVELS, type Risk, type RiskLevel } from '@drylane/proto/risk';
import type { Floor } from './floors.ts';
import type { Row } from './rows.ts';

/** The thresholds of the standard policy. */
const STANDARD = { medium: 4, high: 7 };
const CATEGORIES_SHOWN = 12;

/** How many rows of a group there are at each level, and how many at one that is wanted. */
interface Group {
  readonly rows: number;
  readonly levels: Readonly<Record<RiskLevel, number>>;
  readonly held: number;
}

interface Miss {
  readonly command: string;
  readonly risk: Risk;
}

export interface Measured extends Group {
  readonly share: number;
  readonly categories: ReadonlyMap<string, Group>;
  /** Farthest from what is wanted first. */
  readonly misses: readonly Miss[];
}

/** Classifies the rows that a floor is about. */
export function measure(floor: Floor, rows: readonly Row[]): Measured {
  const found = rows.filter(floor.holds).map((row) => ({
    category: row.category ?? '',
    command: row.command,
    risk: classify(row.command, STANDARD),
  }));
  const isHeld = ({ risk }: Miss): boolean => floor.wanted?.includes(risk.level) ?? true;
  const group = (some: typeof found): Group => ({
    rows: some.length,
    levels: countLevels(some.map(({ risk }) => risk.level)),
    held: some.filter(isHeld).length,
  });
  const names = [...new Set(found.map(({ category }) => category))].filter((name) => name !== '').sort();
  const whole = group(found);
  return {
    ...whole,
    share: whole.rows === 0 ? 0 : whole.held / whole.rows,
    categories: new Map(names.map((name) => [name, group(found.filter((f) => f.category === name))])),
    misses: found.filter((f) => !isHeld(f)).sort(byDistance(floor)),
  };
}

function countLevels(levels: readonly RiskLevel[]): Record<RiskLevel, number> {
  const count = (level: RiskLevel): number => levels.filter((l) => l === level).length;
  return { low: count('low'), medium: count('medium'), high: count('high') };
}

/** A score too low is worst at 0, one too high at 10. */
function byDistance({ wanted }: Floor): (a: Miss, b: Miss) => number {
  const upward = wanted?.includes('high') ? 1 : -1;
  return (a, b) => upward * (a.risk.score - b.risk.score);
}

/** The lines to show: shares of the class and of its categories, then the worst misses. */
export function linesOf(floor: Floor, measured: Measured, misses: number): string[] {
  const { name, wanted, floor: least, file } = floor;
  const end =
    wanted === null ? '' : `  ${percent(measured.share)} ${wanted.join(' or ')}, at least ${percent(least)}`;
  const categories = [...measured.categories]
    .sort(([, a], [, b]) => a.held / a.rows - b.held / b.rows || b.rows - a.rows)
    .slice(0, CATEGORIES_SHOWN)
    .map(([category, group]) => row(`    ${category}`, group, ''));
  return [
    row(`${file.replace('.jsonl', '')}: ${name}`, measured, end),
    ...categories,
    ...measured.misses.slice(0, misses).map(missLine),
  ];
}

function row(name: string, { rows, levels }: Group, end: string): string {
  const shares = RISK_LEVELS.map(
    (level) => `${level} ${percent(rows === 0 ? 0 : levels[level] / rows).padStart(6)}`,
  );
  return `${name.padEnd(30)} ${String(rows).padStart(5)}  ${shares.join('  ')}${end}`;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

function missLine({ command, risk }: Miss): string {
  const reasons = risk.reasons.slice(0, 3).map(({ rule, points }) => `${rule} ${points}`);
  return `    ${String(risk.score).padStart(2)}  ${JSON.stringify(command.slice(0, 120))}  ${reasons.join(', ')}`;
}
