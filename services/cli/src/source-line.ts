import { visible } from '@drylane/chassis/redact/visible';
import columnsOf from 'fast-string-width';
import type { Colours } from './terminal.ts';

/** A character of a command as the terminal shows it: offsets in the text, and columns on its line. */
interface Cell {
  readonly start: number;
  readonly end: number;
  readonly shown: string;
  readonly column: number;
  readonly width: number;
}

/** One line of a command, laid out in columns. */
export interface SourceLine {
  /** Counted from 1. */
  readonly number: number;
  readonly cells: readonly Cell[];
  readonly width: number;
}

/** Columns, end excluded. */
export interface Columns {
  readonly from: number;
  readonly to: number;
}

const TAB = '    ';

type Look = Pick<Cell, 'shown' | 'width'>;

function lookOf(character: string): Look {
  const shown = character === '\t' ? TAB : visible(character);
  return { shown, width: columnsOf(shown) };
}

/** Lays out the line that starts at an offset; whatever could do something to the terminal is written out. */
export function layOut(command: string, start: number, number: number): SourceLine {
  const end = command.indexOf('\n', start);
  const cells: Cell[] = [];
  // A line may have 100,000 characters; few are different ones, and measuring is slow.
  const looks = new Map<string, Look>();
  let [at, column] = [start, 0];
  for (const character of command.slice(start, end < 0 ? command.length : end)) {
    const look = looks.get(character) ?? lookOf(character);
    looks.set(character, look);
    const { shown, width } = look;
    cells.push({ start: at, end: at + character.length, shown, column, width });
    at += character.length;
    column += width;
  }
  return { number, cells, width: column };
}

/** The columns of a span as far as it lies on the line; at least one, so that there is something to point at. */
export function columnsOn({ cells, width }: SourceLine, [start, end]: readonly [number, number]): Columns {
  const from = cells.find((cell) => cell.end > start)?.column ?? width;
  const last = cells.findLast((cell) => cell.start < end);
  return { from, to: Math.max(from + 1, last === undefined ? 0 : last.column + last.width) };
}

/** A part of a line that fits the terminal, and the columns that its first character starts at. */
export interface View {
  readonly text: string;
  /** What is to be put before the underline of these columns, and the underline. */
  under(columns: Columns): string;
}

/** The part of a line from a column on; `room` is in columns and includes the marks of what is cut off. */
export function viewOf(
  line: SourceLine,
  from: number,
  room: number,
  marked: readonly Columns[],
  paint: Colours,
): View {
  const shown = line.cells.filter(({ column, width }) => column >= from && column + width <= from + room - 2);
  const base = shown[0]?.column ?? from;
  const [lead, tail] = [
    base > 0 ? '…' : '',
    (shown.at(-1)?.end ?? 0) < (line.cells.at(-1)?.end ?? 0) ? '…' : '',
  ];
  const isMarked = ({ column, width }: Cell) => marked.some((m) => column < m.to && column + width > m.from);
  let text = '';
  for (let i = 0; i < shown.length; ) {
    const first = shown[i] as Cell;
    let run = '';
    const on = isMarked(first);
    for (; i < shown.length && isMarked(shown[i] as Cell) === on; i++) run += shown[i]?.shown;
    text += on ? paint.underline(run) : run;
  }
  const last = shown.at(-1);
  const edge = Math.max(base + 1, last === undefined ? 0 : last.column + last.width);
  return {
    text: `${lead}${text}${tail}`,
    under({ from: start, to }) {
      const length = Math.max(1, Math.min(to, edge) - Math.max(start, base));
      return `${' '.repeat(lead.length + Math.max(0, start - base))}^${'~'.repeat(length - 1)}`;
    },
  };
}
