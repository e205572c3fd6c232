import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import {
  type GivenSets,
  type LabelsOf,
  METRICS,
  type Metric,
  type MetricName,
  type MetricOf,
  OTHER,
} from './table.ts';

/** Counts and measures what the table names. Measuring breaks nothing: an impossible value is passed over. */
export interface Metrics<G extends GivenSets = GivenSets> {
  /** Adds to a counter; 1 if left out. */
  count<N extends MetricOf<'counter'>>(name: N, labels: LabelsOf<N, G>, by?: number): void;
  /** Notes one duration, in seconds. */
  observe<N extends MetricOf<'histogram'>>(name: N, labels: LabelsOf<N, G>, seconds: number): void;
  /** Says how much there is; null when it is not known, and then nothing is shown rather than something old. */
  set<N extends MetricOf<'gauge'>>(name: N, labels: LabelsOf<N, G>, value: number | null): void;
  /** Everything in Prometheus' text format. */
  render(): Promise<string>;
  readonly contentType: string;
}

/**
 * Makes a process's metrics: those of the table, and Node's own. Counters and histograms start at 0 for all values of
 * their labels, so that the first time counts as an increase; gauges show nothing until they are set.
 */
export function createMetrics<const G extends GivenSets>(given: G): Metrics<G> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counters = new Map<MetricName, Counter>();
  const gauges = new Map<MetricName, Gauge>();
  const histograms = new Map<MetricName, Histogram>();
  for (const name of metricNames()) {
    const metric: Metric = METRICS[name];
    const labelNames = Object.keys(metric.labels);
    const shape = { name, help: metric.help, labelNames, registers: [registry] };
    if (metric.type === 'histogram')
      histograms.set(name, new Histogram({ ...shape, buckets: [...metric.buckets] }));
    else if (metric.type === 'counter') counters.set(name, new Counter(shape));
    else gauges.set(name, new Gauge(shape));
    // One without labels would start at 0, as if that were known.
    if (labelNames.length === 0) gauges.get(name)?.remove();
    for (const labels of everyLabels(metric, given)) {
      counters.get(name)?.inc(labels, 0);
      histograms.get(name)?.zero(labels);
    }
  }
  const close = (name: MetricName, labels: object): Record<string, string> =>
    closed(METRICS[name], labels, given);
  return {
    count(name, labels, by = 1) {
      if (Number.isFinite(by) && by >= 0) counters.get(name)?.inc(close(name, labels), by);
    },
    observe(name, labels, seconds) {
      // A clock that is set back makes a duration negative.
      if (Number.isFinite(seconds)) histograms.get(name)?.observe(close(name, labels), Math.max(0, seconds));
    },
    set(name, labels, value) {
      if (value !== null && Number.isFinite(value)) gauges.get(name)?.set(close(name, labels), value);
      else gauges.get(name)?.remove(close(name, labels));
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** Every metric's name, in the table's order. */
export function metricNames(): readonly MetricName[] {
  return Object.keys(METRICS).filter((name): name is MetricName => Object.hasOwn(METRICS, name));
}

/** The values that a label of a metric may have. */
function setOf(metric: Metric, label: string, given: GivenSets): readonly string[] {
  const values = metric.labels[label] ?? [];
  if (values !== 'given') return values;
  const sets: Readonly<Record<string, readonly string[]>> = { ...given };
  return sets[label] ?? [];
}

/** A metric's labels, and no others, with values of their sets, and of nothing else. */
function closed(metric: Metric, labels: object, given: GivenSets): Record<string, string> {
  const said = new Map<string, unknown>(Object.entries(labels));
  return Object.fromEntries(
    Object.keys(metric.labels).map((label) => {
      const value = setOf(metric, label, given).find((known) => known === said.get(label));
      return [label, value ?? OTHER];
    }),
  );
}

/** Every combination of a metric's label values. */
function everyLabels(metric: Metric, given: GivenSets): Record<string, string>[] {
  return Object.keys(metric.labels).reduce<Record<string, string>[]>(
    (rows, label) =>
      rows.flatMap((row) => setOf(metric, label, given).map((value) => ({ ...row, [label]: value }))),
    [{}],
  );
}
