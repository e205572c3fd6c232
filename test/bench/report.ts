import { type Row, textOf } from './rows.ts';

/** Where a bench says what it measured. */
export interface Report {
  row(row: Row): void;
  /** What is no time, in words: it is about `name`. */
  note(name: string, text: string): void;
  end(): void;
}

/** Says it for people, as it comes. */
export function textReport(): Report {
  return {
    row: (row) => void process.stdout.write(textOf(row)),
    note: (name, text) => void process.stdout.write(`${name.padEnd(34)} ${text}\n`),
    end: () => undefined,
  };
}

/** Says it as one JSON document, at the end. */
export function jsonReport(): Report {
  const rows: Row[] = [];
  const notes: { readonly name: string; readonly text: string }[] = [];
  return {
    row: (row) => void rows.push(row),
    note: (name, text) => void notes.push({ name, text }),
    end: () => void process.stdout.write(`${JSON.stringify({ rows, notes }, null, 2)}\n`),
  };
}
