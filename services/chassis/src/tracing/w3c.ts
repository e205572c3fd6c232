import { createTraceState, isSpanContextValid, type SpanContext, TraceFlags } from '@opentelemetry/api';

/** W3C trace context as it travels with a job or a request; empty where there is none. */
export type Carrier = Readonly<Record<string, string>>;

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/s;
// Longer ones may be cut by anybody on their way, says the standard.
const MAX_TRACESTATE = 512;

/** Writes a span's place in its trace, by https://www.w3.org/TR/trace-context/; nothing for one that is not valid. */
export function carrierOf(span: SpanContext | undefined): Carrier {
  if (span === undefined || !isSpanContextValid(span)) return {};
  const flags = (span.traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0');
  const traceparent = `00-${span.traceId}-${span.spanId}-${flags}`;
  const tracestate = span.traceState?.serialize() ?? '';
  return tracestate === '' || tracestate.length > MAX_TRACESTATE
    ? { traceparent }
    : { traceparent, tracestate };
}

/** Reads what {@link carrierOf} or any other writer has written. Whatever else stands there is no trace; nothing is thrown. */
export function extract(carrier: Readonly<Record<string, unknown>>): SpanContext | undefined {
  const [traceparent, tracestate] = [own(carrier, 'traceparent'), own(carrier, 'tracestate')];
  if (traceparent === undefined || traceparent.length > MAX_TRACESTATE) return undefined;
  const [, version, traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(traceparent) ?? [];
  // Later versions may add parts, the first has none.
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  const span = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
    isRemote: true,
  };
  if (!isSpanContextValid(span)) return undefined;
  if (tracestate === undefined || tracestate === '' || tracestate.length > MAX_TRACESTATE) return span;
  return { ...span, traceState: createTraceState(tracestate) };
}

function own(carrier: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = Object.hasOwn(carrier, name) ? carrier[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}
