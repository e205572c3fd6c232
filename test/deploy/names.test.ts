import { createMetrics, metricNames } from '@drylane/chassis/metrics/metrics';
import { METRICS, type Metric } from '@drylane/chassis/metrics/table';
import { QUEUES } from '@drylane/proto/task';
import { describe, expect, it } from 'vitest';
import { alerts, dashboard, recordings, scraping } from './deployed.ts';
import { type Matcher, meets, readQuery } from './promql.ts';

const STAGES = ['admit', 'classify', 'approve', 'rehearse', 'compare', 'decide', 'promote', 'receipt'];
// Prometheus sets these on whatever it scrapes.
const TARGET = ['job', 'instance'];
const OWN: Readonly<Record<string, readonly string[]>> = {
  up: TARGET,
  ALERTS: [...TARGET, 'alertname', 'alertstate', 'severity'],
};
const JOBS = scraping().scrape_configs.map(({ job_name }) => job_name);
const NODE = nodeNames(await createMetrics({ stage: [], rule: [], queue: [] }).render());
const RECORDED = new Map(recordings().map(({ record }) => [record, levelOf(record)]));

const queries: readonly (readonly [place: string, expr: string])[] = [
  ...recordings().map(({ record, expr }) => [record, expr] as const),
  ...alerts().map(({ alert, expr }) => [alert, expr] as const),
  ...dashboard().panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => [`panel ${title}`, onDashboard(expr)] as const),
  ),
];

/** Names of Node's own metrics, as they are rendered. */
function nodeNames(rendered: string): ReadonlySet<string> {
  const names = [...rendered.matchAll(/^([a-z0-9_]+)(?:\{| )/gm)].map(([, name = '']) => name);
  return new Set(names.filter((name) => !name.startsWith('drylane_')));
}

/** The labels in a recorded name: `lane:…` has a lane, `drylane:…` none. */
function levelOf(record: string): readonly string[] {
  const [level = ''] = record.split(':');
  return level === 'drylane' ? [] : level.split('_');
}

/** A panel's query with Grafana's variables filled in. */
function onDashboard(expr: string): string {
  return expr.replaceAll('$__rate_interval', '1m').replaceAll('$__range', '1h');
}

/** The metric that stands behind a name in the exposition, and what labels that has; undefined if there is none. */
function described(name: string): { metric?: Metric; labels: readonly string[] } | undefined {
  for (const metric of metricNames()) {
    const { type, labels }: Metric = METRICS[metric];
    const own = [...Object.keys(labels), ...TARGET];
    const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    const suffix = suffixes.find((end) => name === `${metric}${end}`);
    if (suffix === undefined) continue;
    return { metric: METRICS[metric], labels: suffix === '_bucket' ? [...own, 'le'] : own };
  }
  const labels = RECORDED.get(name) ?? OWN[name] ?? (NODE.has(name) ? TARGET : undefined);
  return labels && { labels };
}

/** The values that a label may have; undefined where no set is known. */
function valuesOf(metric: Metric | undefined, label: string): readonly string[] | undefined {
  if (label === 'job') return JOBS;
  if (label === 'stage') return STAGES;
  if (label === 'queue') return QUEUES;
  if (label === 'le' && metric?.type === 'histogram') return metric.buckets.map(String);
  const set = metric?.labels[label];
  return set === 'given' ? undefined : set;
}

describe('every query of rules and dashboard', () => {
  it.each(queries)('%s reads what there is, on conditions that something can meet', (_, expr) => {
    for (const { name, matchers } of readQuery(expr).selectors) {
      const known = described(name);
      expect(known, name).toBeDefined();
      for (const matcher of matchers) {
        expect(known?.labels, name).toContain(matcher.label);
        expectMet(known?.metric, matcher, name);
      }
    }
  });

  function expectMet(metric: Metric | undefined, matcher: Matcher, name: string): void {
    const values = valuesOf(metric, matcher.label);
    if (values === undefined) return;
    const what = `${name}{${matcher.label}${matcher.op}"${matcher.value}"}`;
    expect(
      values.some((value) => meets(value, matcher)),
      what,
    ).toBe(true);
  }

  it.each(queries)('%s groups by labels that what it reads has', (_, expr) => {
    const { selectors, groups } = readQuery(expr);
    const labels = new Set(selectors.flatMap(({ name }) => described(name)?.labels ?? []));
    for (const group of groups) expect([...labels]).toContain(group);
  });
});

describe('what is recorded', () => {
  it.each(recordings().map((rule) => [rule.record, rule] as const))(
    '%s has the labels of its name',
    (_, rule) => {
      const { groups } = readQuery(rule.expr);
      const labels = new Set([...groups, ...Object.keys(rule.labels ?? {})]);
      expect([...labels].sort()).toEqual([...levelOf(rule.record)].sort());
    },
  );
});

describe('every metric of the table', () => {
  const shown = queries
    .filter(([place]) => place.startsWith('panel '))
    .flatMap(([, expr]) => readQuery(expr).selectors.map(({ name }) => name));

  it.each(metricNames())('is on the dashboard: %s', (metric) => {
    const { type } = METRICS[metric];
    expect(shown).toContain(type === 'histogram' ? `${metric}_bucket` : metric);
  });
});
