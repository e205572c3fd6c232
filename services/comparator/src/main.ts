import { serveHealth } from '@drylane/chassis/health/server';
import { createMetrics } from '@drylane/chassis/metrics/metrics';
import { openProcess, runProcess } from '@drylane/chassis/process/process';
import { inSpan } from '@drylane/chassis/tracing/tracing';
import type { Job } from '@drylane/chassis/transport/transport';
import { type Compared, QUEUES } from '@drylane/proto/task';
import { RULE_NAMES } from './compare/rules/table.ts';
import { comparatorConfig } from './config.ts';
import { compareWork } from './work/work.ts';

const STAGE = 'compare';

await runProcess(async () => {
  const { config, secrets } = comparatorConfig(process.env);
  const { log, blobs, transport, shutdown, readiness } = await openProcess({
    ...{ service: 'comparator', config, secrets, queues: QUEUES },
  });
  const metrics = createMetrics({ stage: [STAGE], rule: RULE_NAMES, queue: QUEUES });
  const ready = readiness({});
  const { DRYLANE_HEALTH_HOST: host, DRYLANE_HEALTH_PORT: port } = config;
  const health = await serveHealth({ host, port, metrics, readiness: ready });
  shutdown.add({ name: 'health', close: () => health.close() });

  const told = (compared: Compared): void => {
    if (!compared.ok) return;
    for (const { rule } of compared.decision.findings)
      metrics.count('drylane_findings_total', { rule: rule as (typeof RULE_NAMES)[number] });
  };
  const work = compareWork(blobs, told);
  const timed = async (job: Job) => {
    const startedMs = performance.now();
    const answer = await work(job);
    const seconds = (performance.now() - startedMs) / 1000;
    metrics.observe('drylane_stage_duration_seconds', { stage: STAGE }, seconds);
    log.about({ run: runOf(job), stage: STAGE }).info('compared', { seconds });
    return answer;
  };
  const serving = transport.serve(
    STAGE,
    (job) => {
      const facts = { stage: STAGE, run: runOf(job), attempt: job.attempt };
      return inSpan(STAGE, facts, () => timed(job), { kind: 'consumer', from: job.trace ?? {} });
    },
    { concurrency: config.DRYLANE_CONCURRENCY },
  );
  shutdown.add({ name: STAGE, drain: () => serving.close() });
  log.info('the comparator is up', { port: health.port });
});

/** A flow has the id of its run, and of which attempt it is. */
function runOf({ flow }: Job): string {
  const [run = flow] = flow.split('.');
  return run;
}
