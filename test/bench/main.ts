import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { applyCost } from './apply.ts';
import { classifyCost } from './classify.ts';
import { evidenceRows } from './evidence.ts';
import { fleetCost } from './fleet/fleet.ts';
import { rehearsalRows } from './rehearsals.ts';
import { jsonReport, type Report, textReport } from './report.ts';
import { rowOf } from './rows.ts';
import { throughputRows } from './throughput.ts';
import { traceCost } from './tracing.ts';

/** What is measured, in this order; each can be asked for by its name. */
const PARTS: Readonly<Record<string, (report: Report, place: string, quick: boolean) => Promise<void>>> = {
  async rehearsals(report, place, quick) {
    const size = quick ? { rounds: 2, files: 2_000, old: 1 } : { rounds: 40, files: 100_000, old: 3 };
    for (const row of await rehearsalRows(place, size)) report.row(row);
  },
  async evidence(report, place, quick) {
    const [rounds, files] = quick ? [1, 500] : [5, 10_000];
    for (const row of await evidenceRows(place, rounds, files)) report.row(row);
  },
  async throughput(report, place, quick) {
    for (const row of await throughputRows(place, quick ? 1 : 4, quick ? 6 : 40)) report.row(row);
  },
  async tracing(report, place, quick) {
    for (const { name, traced, plain } of await traceCost(quick ? 2 : 10, quick ? 4 : 30, place))
      report.row(rowOf(`${name} work, traced`, traced, { name: 'untraced', times: plain }));
  },
  async apply(report, place, quick) {
    const files = quick ? 1_000 : 10_000;
    const { apply, rsync } = await applyCost(quick ? 2 : 5, files, place);
    report.row(rowOf(`apply of ${files} files`, apply, rsync && { name: 'rsync -a', times: rsync }));
  },
  async classify(report, _place, quick) {
    const { commands, classified, parsed, times } = classifyCost(quick ? 1 : 10);
    const parsing = { name: 'parsing them', times: [1000 / parsed] };
    report.row({ ...rowOf('classify', times, parsing), ratio: Number((parsed / classified).toPrecision(3)) });
    report.note('classify', `${classified.toFixed(0)} of ${commands} commands a second`);
  },
  fleet: (report, _place, quick) => fleetCost(report, quick),
};

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in PARTS));
if (unknown.length > 0) {
  process.stderr.write(
    `no part of the bench: ${unknown.join(', ')}; choose from ${Object.keys(PARTS).join(', ')}\n`,
  );
  process.exit(2);
}

const place = await realpath(await mkdtemp(join(tmpdir(), 'drylane-bench-')));
const report = values.json ? jsonReport() : textReport();
try {
  for (const name of positionals.length > 0 ? positionals : Object.keys(PARTS))
    await PARTS[name]?.(report, place, values.quick);
  report.end();
} finally {
  await rm(place, { recursive: true, force: true });
}
