import { DrylaneError } from '@drylane/proto/errors';
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { type Carrier, carrierOf, extract } from './w3c.ts';

/** What a span may tell: ids and words from closed sets, never a command, a path or an error's text. */
export interface SpanFacts {
  readonly run?: string;
  readonly stage?: string;
  readonly lane?: string;
  readonly queue?: string;
  readonly verdict?: string;
  readonly attempt?: number;
}

export interface SpanOptions {
  /** Where the trace comes from, such as a job's or a request's carrier; the span around this one if left out. */
  readonly from?: Readonly<Record<string, unknown>>;
  /** What the work is within the trace: our own, a job that we took from a queue, a request that we serve. */
  readonly kind?: keyof typeof KINDS;
}

const KINDS = {
  internal: SpanKind.INTERNAL,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  server: SpanKind.SERVER,
};

const FACTS = [
  'run',
  'stage',
  'lane',
  'queue',
  'verdict',
  'attempt',
] as const satisfies readonly (keyof SpanFacts)[];

// What is longer, or holds anything else, is no id and no word of ours.
const WORD = /^[A-Za-z0-9_.:-]{1,128}$/;

/** The trace that this code runs in, to be sent along with a job or a request; empty without a tracer. */
export function inject(): Carrier {
  return carrierOf(trace.getSpanContext(context.active()));
}

/**
 * Does work in a span of its own, which ends with the work; what the work throws is thrown on. Where the process has
 * registered no tracer, it just does the work.
 */
export async function inSpan<T>(
  name: string,
  facts: SpanFacts,
  work: () => Promise<T>,
  { from, kind = 'internal' }: SpanOptions = {},
): Promise<T> {
  const span = from === undefined ? undefined : extract(from);
  const around =
    from === undefined
      ? context.active()
      : span === undefined
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, span);
  const options = { kind: KINDS[kind], attributes: attributesOf(facts) };
  const own = trace.getTracer('drylane').startSpan(name, options, around);
  try {
    return await context.with(trace.setSpan(around, own), work);
  } catch (fault) {
    own.setAttribute('error.type', fault instanceof DrylaneError ? fault.code : 'fault');
    own.setStatus({ code: SpanStatusCode.ERROR });
    throw fault;
  } finally {
    own.end();
  }
}

function attributesOf(facts: SpanFacts): Record<string, string | number> {
  return Object.fromEntries(
    FACTS.flatMap((name): [string, string | number][] => {
      const fact = facts[name];
      const fits = typeof fact === 'string' ? WORD.test(fact) : Number.isFinite(fact);
      return fact !== undefined && fits ? [[`drylane.${name}`, fact]] : [];
    }),
  );
}
