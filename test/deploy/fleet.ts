import { createReadiness } from '@drylane/chassis/health/readiness';
import { type HealthServer, serveHealth } from '@drylane/chassis/health/server';
import { createLogger } from '@drylane/chassis/logger/logger';
import { createMetrics } from '@drylane/chassis/metrics/metrics';
import { createRedactor } from '@drylane/chassis/redact/redact';
import { QUEUES } from '@drylane/proto/task';
import { stringify } from 'yaml';
import { PROMETHEUS, scraping } from './deployed.ts';

const GIVEN = {
  stage: ['admit', 'classify', 'approve', 'rehearse', 'compare', 'decide', 'promote', 'receipt'],
  rule: ['surprise-path', 'canary-leak'],
  queue: QUEUES,
} as const;

const SILENT = createLogger({
  service: 'fleet',
  level: 'fatal',
  redactor: createRedactor([]),
  sink: { write: () => {}, flush: async () => {} },
});

/** One process of a service, as Prometheus sees it. */
export interface Process extends AsyncDisposable {
  readonly job: string;
  readonly server: HealthServer;
  /** Does a little of everything that is counted and measured. */
  work(): void;
}

/** Serves the metrics of a service on a free port of the loopback. */
export async function startProcess(job: string): Promise<Process> {
  const metrics = createMetrics(GIVEN);
  const readiness = createReadiness({ checks: {}, log: SILENT, patienceMs: 1000 });
  const server = await serveHealth({ host: '127.0.0.1', port: 0, readiness, metrics });
  return {
    job,
    server,
    work() {
      for (const verdict of ['promote', 'hold', 'block', 'inconclusive'] as const)
        for (const lane of ['rehearsal', 'live'] as const)
          metrics.count('drylane_runs_total', { lane, verdict, risk: 'low' }, 3);
      metrics.count('drylane_findings_total', { rule: 'surprise-path' });
      for (const stage of GIVEN.stage) metrics.observe('drylane_stage_duration_seconds', { stage }, 0.02);
      metrics.observe('drylane_stage_duration_seconds', { stage: 'rehearse' }, 45);
      metrics.observe('drylane_rehearsal_overhead_seconds', {}, 0.02);
      metrics.observe('drylane_rehearsal_overhead_seconds', {}, 0.7);
      for (const queue of GIVEN.queue) metrics.set('drylane_queue_depth', { queue }, 2);
      metrics.set('drylane_approvals_pending', {}, 1);
      metrics.set('drylane_approval_age_seconds', {}, 90);
      for (const state of ['warming', 'ready', 'busy'] as const) metrics.set('drylane_slots', { state }, 1);
      metrics.count('drylane_slot_hits_total', { hit: 'true' }, 3);
      metrics.count('drylane_slot_hits_total', { hit: 'false' });
      metrics.count('drylane_drift_total', {});
      metrics.count('drylane_redactions_total', { kind: 'private-key' });
      metrics.count('drylane_canary_leaks_total', {});
      metrics.count('drylane_evidence_truncated_total', {});
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** The configuration that is deployed, only that these processes are found without DNS, and looked at often. */
export function configurationFor(processes: readonly Process[]): string {
  const { global: _, rule_files, scrape_configs, ...rest } = scraping();
  const files = Array.isArray(rule_files) ? rule_files.map((file) => `${PROMETHEUS}/${file}`) : [];
  const targets = (job: string): string[] =>
    processes.filter((process) => process.job === job).map(({ server }) => `127.0.0.1:${server.port}`);
  return stringify({
    ...rest,
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: files,
    scrape_configs: scrape_configs.map(({ dns_sd_configs: __, ...scrape }) => ({
      ...scrape,
      static_configs: [{ targets: targets(scrape.job_name) }],
    })),
  });
}
