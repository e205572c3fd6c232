import { parseArgs } from 'node:util';
import { missing } from '@drylane/chassis/corpora.fixture';
import { FLOORS } from './floors.ts';
import { linesOf, measure } from './measure.ts';
import { readRows } from './rows.ts';

/** `npm run corpus -- --misses 40 --only readonly`: the figures of `classify`, and what it is wrong about. */
const { values } = parseArgs({
  options: { misses: { type: 'string', default: '5' }, only: { type: 'string', default: '' } },
});
const absent = new Set<string>();
for (const floor of FLOORS.filter(({ name }) => name.includes(values.only))) {
  const rows = readRows(floor.file);
  if (rows === null) {
    absent.add(floor.file);
    continue;
  }
  const measured = measure(floor, rows);
  if (measured.share < floor.floor) process.exitCode = 1;
  console.log(linesOf(floor, measured, Number(values.misses)).join('\n'));
}
if (absent.size > 0) console.log(missing([...absent]));
