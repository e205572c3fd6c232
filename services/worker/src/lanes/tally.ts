import type { Metrics } from '@drylane/chassis/metrics/metrics';
import type { Redactor } from '@drylane/chassis/redact/redact';
import type { RedactStream } from '@drylane/chassis/redact/stream';
import type { Evidence } from '@drylane/proto/evidence';

/** What a lane counts. */
export type Counts = Pick<Metrics, 'count' | 'observe'>;

/** A redactor whose redactions are counted by their kind. */
export function counting(redactor: Redactor, metrics: Counts): Redactor {
  const note = (kinds: Readonly<Record<string, number>>): void => {
    for (const [kind, times] of Object.entries(kinds))
      metrics.count('drylane_redactions_total', { kind }, times);
  };
  return {
    text(text) {
      const scrubbed = redactor.text(text);
      note(scrubbed.kinds);
      return scrubbed;
    },
    stream(): RedactStream {
      const stream = redactor.stream();
      return {
        push: (chunk) => stream.push(chunk),
        end() {
          const ended = stream.end();
          note(ended.kinds);
          return ended;
        },
      };
    },
  };
}

/** Counts what a rehearsal showed, and what it took beyond the command's own time. */
export function countEvidence(evidence: Evidence, tookMs: number, metrics: Counts): void {
  metrics.observe('drylane_rehearsal_overhead_seconds', {}, (tookMs - evidence.duration_ms) / 1000);
  metrics.count('drylane_canary_leaks_total', {}, evidence.canaries.length);
  if (evidence.stdout.truncated || evidence.stderr.truncated)
    metrics.count('drylane_evidence_truncated_total', {});
}
