import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMetrics, metricNames } from './metrics.ts';
import { METRICS, type Metric, OTHER } from './table.ts';

const GIVEN = { stage: ['mill', 'sieve'], rule: ['too-coarse'], queue: ['grain'] } as const;

/** The lines of a text in Prometheus' format that are of ours, as [series, value]. */
async function ours(metrics: { render(): Promise<string> }): Promise<Map<string, string>> {
  const lines = (await metrics.render()).split('\n').filter((line) => line.startsWith('drylane_'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]),
  );
}

describe('the metrics', () => {
  it('are those that users may rely on, with their labels', () => {
    const table = metricNames().map((name) => {
      const labels = Object.keys(METRICS[name].labels);
      return labels.length === 0 ? name : `${name}{${labels.join(',')}}`;
    });
    expect(table).toEqual([
      'drylane_runs_total{lane,verdict,risk}',
      'drylane_findings_total{rule}',
      'drylane_stage_duration_seconds{stage}',
      'drylane_rehearsal_overhead_seconds',
      'drylane_queue_depth{queue}',
      'drylane_approvals_pending',
      'drylane_approval_age_seconds',
      'drylane_slots{state}',
      'drylane_slot_hits_total{hit}',
      'drylane_drift_total',
      'drylane_redactions_total{kind}',
      'drylane_canary_leaks_total',
      'drylane_evidence_truncated_total',
    ]);
  });

  it('are named by their type and unit, and have buckets that rise', () => {
    for (const name of metricNames()) {
      const metric: Metric = METRICS[name];
      expect(name.endsWith('_total'), name).toBe(metric.type === 'counter');
      if (metric.type !== 'histogram') continue;
      expect(name).toMatch(/_seconds$/);
      expect(metric.buckets).toEqual([...new Set(metric.buckets)].sort((a, b) => a - b));
    }
  });

  it('are all shown from the start, with Node’s own; counters at 0, gauges not before they are known', async () => {
    const metrics = createMetrics(GIVEN);
    const text = await metrics.render();
    for (const name of metricNames()) expect(text).toContain(`# TYPE ${name} ${METRICS[name].type}\n`);
    expect(text).toContain('nodejs_eventloop_lag_seconds');
    expect(text).toContain('process_resident_memory_bytes');
    const series = await ours(metrics);
    expect(series.get('drylane_findings_total{rule="too-coarse"}')).toBe('0');
    expect(series.get('drylane_stage_duration_seconds_count{stage="sieve"}')).toBe('0');
    expect([...series.keys()].filter((key) => /^drylane_(runs_total)/.test(key))).toHaveLength(2 * 4 * 3);
    expect([...series.keys()].filter((key) => /^drylane_(slots|queue|approval)/.test(key))).toEqual([]);
    expect(new Set(series.values())).toEqual(new Set(['0']));
  });

  it('count, measure and say how much there is', async () => {
    const metrics = createMetrics(GIVEN);
    metrics.count('drylane_runs_total', { lane: 'live', verdict: 'promote', risk: 'low' });
    metrics.count('drylane_runs_total', { lane: 'live', verdict: 'promote', risk: 'low' }, 2);
    metrics.observe('drylane_stage_duration_seconds', { stage: 'mill' }, 0.02);
    metrics.set('drylane_queue_depth', { queue: 'grain' }, 7);
    metrics.set('drylane_approvals_pending', {}, 1);
    metrics.set('drylane_approvals_pending', {}, null);
    const series = await ours(metrics);
    expect(series.get('drylane_runs_total{lane="live",verdict="promote",risk="low"}')).toBe('3');
    expect(series.get('drylane_stage_duration_seconds_bucket{le="0.01",stage="mill"}')).toBe('0');
    expect(series.get('drylane_stage_duration_seconds_bucket{le="0.025",stage="mill"}')).toBe('1');
    expect(series.get('drylane_queue_depth{queue="grain"}')).toBe('7');
    expect(series.has('drylane_approvals_pending')).toBe(false);
  });

  it('of two processes in one do not mix', async () => {
    const [one, other] = [createMetrics(GIVEN), createMetrics({ ...GIVEN, queue: ['straw'] })];
    one.count('drylane_drift_total', {});
    expect((await ours(other)).get('drylane_drift_total')).toBe('0');
  });

  it('take from the compiler no metric, label or value that is not in the table', async () => {
    const metrics = createMetrics(GIVEN);
    // @ts-expect-error a gauge cannot be counted
    metrics.count('drylane_queue_depth', { queue: 'grain' });
    // @ts-expect-error no such lane
    metrics.count('drylane_runs_total', { lane: 'fast', verdict: 'promote', risk: 'low' });
    // @ts-expect-error a label is missing
    metrics.count('drylane_runs_total', { lane: 'live', verdict: 'promote' });
    // @ts-expect-error no such label
    metrics.count('drylane_drift_total', { run: 'run_1' });
    // @ts-expect-error a stage that was not given
    metrics.observe('drylane_stage_duration_seconds', { stage: 'rm -rf /' }, 1);
    const text = [...(await ours(metrics)).keys()].join('\n');
    expect(text).not.toMatch(/fast|run_1|rm -rf/);
    expect(text).toContain(`{lane="${OTHER}",verdict="promote",risk="low"}`);
    expect(text).toContain(`{lane="live",verdict="promote",risk="${OTHER}"}`);
  });
});

describe('the labels', () => {
  it('stay within their sets, however many texts come: no run, path or command becomes one', async () => {
    const open: { stage: readonly string[]; rule: readonly string[]; queue: readonly string[] } = GIVEN;
    const metrics = createMetrics(open);
    const before = await ours(metrics);
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('__proto__', 'constructor', 'other', 'mill', '"} 1\nx{y="'),
    );
    fc.assert(
      fc.property(text, (value) => {
        metrics.count('drylane_findings_total', { rule: value });
        metrics.count('drylane_redactions_total', { kind: value });
        metrics.observe('drylane_stage_duration_seconds', { stage: value }, 1);
        metrics.set('drylane_queue_depth', { queue: value }, 1);
      }),
      { numRuns: 1000 },
    );
    const after = await ours(metrics);
    const added = [...after.keys()].filter((key) => !before.has(key));
    const buckets = METRICS.drylane_stage_duration_seconds.buckets.length + 3;
    expect(added.every((key) => key.includes(`"${OTHER}"`))).toBe(true);
    expect(added).toHaveLength(buckets + 3);
  });
});

describe('an impossible value', () => {
  it('is passed over, and breaks nothing', async () => {
    const metrics = createMetrics(GIVEN);
    const before = await ours(metrics);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      metrics.count('drylane_drift_total', {}, value);
      metrics.observe('drylane_rehearsal_overhead_seconds', {}, value);
      metrics.set('drylane_slots', { state: 'ready' }, value);
    }
    metrics.count('drylane_drift_total', {}, -1);
    expect(await ours(metrics)).toEqual(before);
    metrics.observe('drylane_rehearsal_overhead_seconds', {}, -5);
    expect((await ours(metrics)).get('drylane_rehearsal_overhead_seconds_sum')).toBe('0');
    expect((await ours(metrics)).get('drylane_rehearsal_overhead_seconds_count')).toBe('1');
  });
});
