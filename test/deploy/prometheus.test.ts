import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alerts, dashboard, recordings, scraping } from './deployed.ts';
import { configurationFor, type Process, startProcess } from './fleet.ts';
import { type Found, type Prometheus, startPrometheus } from './prometheus.ts';

const PATIENCE_MS = 90_000;
const JOBS = ['dispatcher', 'comparator', 'worker', 'live'];

let processes: readonly Process[] = [];
let prometheus: Prometheus;
let working: NodeJS.Timeout;

beforeAll(async () => {
  processes = await Promise.all([...JOBS, 'worker'].map(startProcess));
  prometheus = await startPrometheus(configurationFor(processes));
  // What was there before the first look is no increase.
  await until('sum(up) == 5 and sum(drylane_slot_hits_total) == 0');
  // They go on, so that there is something to see in the last minute, however slow this machine is.
  working = setInterval(() => {
    for (const { work } of processes) work();
  }, 500);
  await Promise.all(recordings().map(({ record, labels }) => until(selector(record, labels))));
  await until('ALERTS{alertname="DrylaneCanaryLeak"}');
}, PATIENCE_MS * 2);

afterAll(async () => {
  clearInterval(working);
  await prometheus?.stop();
  for (const { server } of processes) await server.close();
});

/** Waits until a query finds something that is a number. */
async function until(expr: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!hasNumber(await prometheus.query(expr))) {
    if (Date.now() > deadline) throw new Error(`nothing is found: ${expr}`);
    await delay(200);
  }
}

const hasNumber = (found: Found): boolean => found.some(({ value }) => Number.isFinite(value));

const selector = (name: string, labels: Readonly<Record<string, string>> = {}): string =>
  `${name}{${Object.entries(labels).map(([label, value]) => `${label}="${value}"`)}}`;

describe('a Prometheus that scrapes a fleet', () => {
  it('looks for the services of the compose stack by name, each on its port', () => {
    const found = scraping().scrape_configs.map(({ job_name, dns_sd_configs }) => [job_name, dns_sd_configs]);
    expect(found).toEqual(
      JOBS.map((job) => [job, [{ names: [job], type: 'A', port: 9464, refresh_interval: '15s' }]]),
    );
  });

  it('finds every process, under the name of its service', { timeout: PATIENCE_MS }, async () => {
    const up = async () => {
      const found = await prometheus.query('sum by (job) (up)');
      return Object.fromEntries(found.map(({ metric, value }) => [metric.job, value]));
    };
    // On a busy machine a look may come too late, and is counted as down until the next one.
    await expect
      .poll(up, { timeout: PATIENCE_MS })
      .toEqual({ dispatcher: 1, comparator: 1, worker: 2, live: 1 });
  });

  it('evaluates every rule, without a fault', async () => {
    type Rule = { name: string; health: string; lastError?: string };
    const { groups } = await prometheus.api<{ groups: { rules: Rule[] }[] }>('rules');
    const rules = groups.flatMap((group) => group.rules);
    expect(rules).toHaveLength(recordings().length + alerts().length);
    for (const { name, health, lastError } of rules)
      expect({ name, health, lastError }).toMatchObject({ name, health: 'ok' });
  });

  it.each(recordings().map(({ record, expr }) => [record, expr] as const))(
    'finds numbers for %s',
    async (_, expr) => {
      expect(hasNumber(await prometheus.query(expr)), expr).toBe(true);
    },
  );

  it.each(alerts().map(({ alert, expr }) => [alert, expr] as const))('understands %s', async (_, expr) => {
    await expect(prometheus.query(expr)).resolves.toBeInstanceOf(Array);
  });

  it('pages for the leak, and not for what is well', async () => {
    const firing = await prometheus.query('ALERTS{alertstate="firing"}');
    expect(firing.map(({ metric }) => metric.alertname)).toContain('DrylaneCanaryLeak');
    for (const alert of ['DrylaneServiceDown', 'DrylaneServiceGone', 'DrylaneSlotsGone', 'DrylaneUnmeasured'])
      expect(await prometheus.query(`ALERTS{alertname="${alert}",alertstate="firing"}`)).toEqual([]);
  });

  it('counts what was counted', async () => {
    const slow = await prometheus.query('slo:drylane_slow:ratio1h');
    expect(slow.map(({ metric, value }) => [metric.slo, value]).sort()).toEqual([
      ['overhead', expect.closeTo(0.5)],
      ['rehearse', expect.closeTo(0.5)],
    ]);
    const blocked = await prometheus.query('lane:drylane_blocked:ratio15m');
    expect(blocked.map(({ metric, value }) => [metric.lane, value]).sort()).toEqual([
      ['live', expect.closeTo(0.25)],
      ['rehearsal', expect.closeTo(0.25)],
    ]);
  });
});

describe('the dashboard, on that Prometheus', () => {
  const targets = dashboard().panels.flatMap(({ title, targets = [] }) =>
    targets.map((target) => [title, target.legendFormat, target] as const),
  );

  it.each(targets)('has data in the panel %s (%s)', async (_, legend, { expr, instant }) => {
    const asked = expr.replaceAll('$__rate_interval', '1m').replaceAll('$__range', '1h');
    const found = await (instant ? prometheus.query(asked) : prometheus.range(asked));
    expect(hasNumber(found), asked).toBe(true);
    // What tells the series of a panel apart must be there to tell.
    const first = /^\{\{(\w+)\}\}/.exec(legend)?.[1];
    if (first !== undefined) for (const { metric } of found) expect(metric).toHaveProperty(first);
  });

  it('would be told of a query that is none', async () => {
    await expect(prometheus.query('sum by (lane) (rate(drylane_runs_total))')).rejects.toThrow(/bad_data/);
  });
});

describe('a Prometheus that cannot start', () => {
  it('says why, and leaves nothing behind', async () => {
    await expect(startPrometheus('scrape_configs: 7')).rejects.toThrow(/did not start:.*cannot unmarshal/s);
  });
});
