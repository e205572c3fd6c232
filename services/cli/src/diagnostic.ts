import { visible } from '@drylane/chassis/redact/visible';
import type { RiskReason } from '@drylane/proto/risk';
import { type Columns, columnsOn, layOut, type SourceLine, viewOf } from './source-line.ts';
import type { Colours } from './terminal.ts';

/** Reasons that are shown, the heaviest; nobody reads more. */
const MAX_REASONS = 20;
/** So many of one rule come before what other rules say; more of it only where there is room left. */
const ALIKE = 3;
/** Columns that are shown of what stands before a place in a line that is too long. */
const LEAD = 10;
const MIN_ROOM = 20;

/** A place of the command with all that is to be said about it. */
interface Mark {
  readonly columns: Columns;
  /** The number of the line that it goes on to, where that is another one. */
  readonly until: number | null;
  readonly reasons: RiskReason[];
}

/**
 * A command with its reasons under the places that they speak of, as compilers show them: by line, and the heaviest
 * first. Nothing of the command reaches the terminal as it is. `width` is that of the terminal, in columns.
 */
export function diagnose(
  command: string,
  reasons: readonly RiskReason[],
  { width, paint }: { readonly width: number; readonly paint: Colours },
): string {
  const starts = lineStarts(command);
  const digits = String(starts.length).length;
  const gutter = (label: string) => paint.dim(`  ${label.padStart(digits)} | `);
  const room = Math.max(MIN_ROOM, width - digits - 5);
  const rows: string[] = [];
  const shown = choose(reasons);
  for (const [line, marks] of markedLines(command, starts, shown))
    for (const { from, marks: some } of windowsOf(line, marks, room)) {
      const view = viewOf(
        line,
        from,
        room,
        some.map(({ columns }) => columns),
        paint,
      );
      rows.push(gutter(String(line.number)) + view.text);
      for (const mark of some.toSorted((a, b) => heaviest(b) - heaviest(a))) {
        const more = mark.until === null ? '' : ` … to line ${mark.until}`;
        rows.push(gutter('') + toned(heaviest(mark), paint)(`${view.under(mark.columns)}${more}`));
        for (const { points, message, rule } of mark.reasons)
          rows.push(
            `${gutter('')}${String(points).padStart(3)}  ${visible(message)}   ${paint.dim(visible(rule))}`,
          );
      }
    }
  const left = reasons.length - shown.length;
  if (left > 0) rows.push(`  and ${left} more: --json has all of them`);
  return rows.map((row) => `${row}\n`).join('');
}

/** Those that are shown: the heaviest, unless one rule says the same so often that no other would be heard. */
function choose(reasons: readonly RiskReason[]): readonly RiskReason[] {
  const told = new Map<string, number>();
  const first: RiskReason[] = [];
  const again: RiskReason[] = [];
  for (const reason of reasons) {
    const times = (told.get(reason.rule) ?? 0) + 1;
    told.set(reason.rule, times);
    (times <= ALIKE ? first : again).push(reason);
  }
  const chosen = new Set([...first, ...again].slice(0, MAX_REASONS));
  return reasons.filter((reason) => chosen.has(reason));
}

function lineStarts(command: string): number[] {
  const starts = [0];
  for (let at = command.indexOf('\n'); at >= 0; at = command.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Each line that a reason points at, in their order, with its places from left to right. */
function markedLines(
  command: string,
  starts: readonly number[],
  reasons: readonly RiskReason[],
): [SourceLine, Mark[]][] {
  const found = new Map<number, Map<string, RiskReason[]>>();
  for (const reason of reasons) {
    const at = lineOf(starts, reason.span[0]);
    const places = found.get(at) ?? new Map<string, RiskReason[]>();
    found.set(at, places);
    const place = reason.span.join(' ');
    places.set(place, [...(places.get(place) ?? []), reason]);
  }
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([at, places]) => {
      const line = layOut(command, starts[at] ?? 0, at + 1);
      const marks = [...places.values()].flatMap((said): Mark[] => {
        const span = said[0]?.span ?? [0, 0];
        const last = lineOf(starts, Math.max(span[0], span[1] - 1));
        return [{ columns: columnsOn(line, span), until: last === at ? null : last + 1, reasons: said }];
      });
      return [line, marks.sort((a, b) => a.columns.from - b.columns.from)];
    });
}

/** The index of the line that an offset lies on. */
function lineOf(starts: readonly number[], offset: number): number {
  return Math.max(
    0,
    starts.findLastIndex((start) => start <= offset),
  );
}

/** Parts of a line that fit into the room and together show the start of each place. */
function windowsOf(
  { width }: SourceLine,
  marks: readonly Mark[],
  room: number,
): { from: number; marks: Mark[] }[] {
  if (width <= room - 2) return [{ from: 0, marks: [...marks] }];
  const windows: { from: number; marks: Mark[] }[] = [];
  for (const mark of marks) {
    const open = windows.at(-1);
    const { from, to } = mark.columns;
    if (open !== undefined && to <= open.from + room - 2) open.marks.push(mark);
    else windows.push({ from: Math.max(0, from - LEAD), marks: [mark] });
  }
  return windows;
}

const heaviest = ({ reasons }: Mark): number => Math.max(...reasons.map(({ points }) => points));

function toned(points: number, paint: Colours): (text: string) => string {
  if (points >= 7) return paint.red;
  return points >= 4 ? paint.yellow : paint.cyan;
}
