import { LANES } from '@drylane/proto/approval';
import { VERDICTS } from '@drylane/proto/decision';
import { RISK_LEVELS } from '@drylane/proto/risk';
import { RULES } from '../redact/rules.ts';

/** The values that a label may have: here, or, where services know better, given when the metrics are made. */
export type LabelValues = readonly string[] | 'given';

interface Described {
  readonly help: string;
  readonly labels: Readonly<Record<string, LabelValues>>;
}

/** One metric as it is declared: its name is its key in the table. */
export type Metric = Described &
  (
    | { readonly type: 'counter' | 'gauge' }
    | { readonly type: 'histogram'; readonly buckets: readonly number[] }
  );

/** What stands for every label value outside its set. */
export const OTHER = 'other';

const KINDS = [...new Set(RULES.map(({ kind }) => kind))];

/** Every metric of ours. Each label has few values: never a run, a path or a command. */
export const METRICS = {
  drylane_runs_total: {
    type: 'counter',
    help: 'Runs that were decided, by lane, verdict and level of risk',
    labels: { lane: LANES, verdict: VERDICTS, risk: RISK_LEVELS },
  },
  drylane_findings_total: {
    type: 'counter',
    help: 'Findings, by rule; rules of a policy together as "other"',
    labels: { rule: 'given' },
  },
  drylane_stage_duration_seconds: {
    type: 'histogram',
    help: 'How long a stage took for one run',
    labels: { stage: 'given' },
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900],
  },
  drylane_rehearsal_overhead_seconds: {
    type: 'histogram',
    help: 'What a rehearsal took beyond the time of the command itself',
    labels: {},
    buckets: [0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2, 5, 10],
  },
  drylane_queue_depth: {
    type: 'gauge',
    help: 'Jobs that wait in a queue',
    labels: { queue: 'given' },
  },
  drylane_approvals_pending: {
    type: 'gauge',
    help: 'Runs that wait for a person',
    labels: {},
  },
  drylane_approval_age_seconds: {
    type: 'gauge',
    help: 'How long the run that waits longest for a person has waited',
    labels: {},
  },
  drylane_slots: {
    type: 'gauge',
    help: 'Slots of this worker, by state',
    labels: { state: ['warming', 'ready', 'busy'] },
  },
  drylane_slot_hits_total: {
    type: 'counter',
    help: 'Rehearsals that found a slot ready, and those that had to wait for a new one',
    labels: { hit: ['true', 'false'] },
  },
  drylane_drift_total: {
    type: 'counter',
    help: 'Promotions refused because the live workspace was no longer what was rehearsed on',
    labels: {},
  },
  drylane_redactions_total: {
    type: 'counter',
    help: 'Secrets taken out of evidence, by kind; known values together as "other"',
    labels: { kind: KINDS },
  },
  drylane_canary_leaks_total: {
    type: 'counter',
    help: 'Made-up credentials that were seen where they must not be',
    labels: {},
  },
  drylane_evidence_truncated_total: {
    type: 'counter',
    help: 'Rehearsals whose evidence was cut at a limit',
    labels: {},
  },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;

/** The names of all metrics of a type. */
export type MetricOf<T extends Metric['type']> = {
  [N in MetricName]: (typeof METRICS)[N]['type'] extends T ? N : never;
}[MetricName];

/** The sets that whoever makes the metrics gives: they are named by services, and few. */
export interface GivenSets {
  readonly stage: readonly string[];
  readonly rule: readonly string[];
  readonly queue: readonly string[];
}

/** The labels of a metric, each with the values of its set; `{}` for one without. */
export type LabelsOf<N extends MetricName, G extends GivenSets> = keyof Declared<N> extends never
  ? Readonly<Record<string, never>>
  : { readonly [L in keyof Declared<N>]: ValueOf<Declared<N>[L], L extends keyof G ? G[L] : never> };

type Declared<N extends MetricName> = (typeof METRICS)[N]['labels'];

type ValueOf<Set, Given> = Set extends readonly (infer V)[]
  ? V
  : Given extends readonly (infer V)[]
    ? V
    : never;
