import { missing } from '@drylane/chassis/corpora.fixture';
import { describe, expect, it } from 'vitest';
import { FLOORS, type Floor } from './floors.ts';
import { linesOf, measure } from './measure.ts';
import { readRows } from './rows.ts';

const MISSES_SHOWN = 5;

const isThere = ({ file }: Floor): boolean => readRows(file) !== null;
const absent = [...new Set(FLOORS.filter((floor) => !isThere(floor)).map(({ file }) => file))];
if (absent.length > 0) console.warn(missing(absent));

describe('classify, on command lines that somebody sorted', () => {
  it.each(FLOORS.filter(isThere).map((floor) => [`${floor.file} ${floor.name}`, floor] as const))(
    'is right about enough of %s',
    (_, floor) => {
      const measured = measure(floor, readRows(floor.file) ?? []);
      console.log(linesOf(floor, measured, MISSES_SHOWN).join('\n'));
      expect(measured.rows).toBeGreaterThan(0);
      expect(measured.share).toBeGreaterThanOrEqual(floor.floor);
    },
  );

  it('has enough rows of its own to say something where no others are', () => {
    const rows = readRows('own.jsonl') ?? [];
    expect(rows.length).toBeGreaterThanOrEqual(150);
    expect(rows.filter((row) => row.class === undefined || row.category === undefined)).toEqual([]);
    expect(new Set(rows.map((row) => row.command)).size).toBe(rows.length);
  });
});
