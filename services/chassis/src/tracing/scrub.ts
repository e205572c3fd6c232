import type { Attributes, SpanContext } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { cleanFields } from '../logger/clean.ts';
import type { Redactor } from '../redact/redact.ts';

/** A span as it may leave: no secret is in a name, an attribute, an exception or a status. */
export function scrubbedSpan(span: ReadableSpan, redactor: Redactor): ReadableSpan {
  const told = withoutState(span);
  const { name, status, attributes, events, links } = told;
  // One look at all of it is much cheaper than one at each text, and almost always enough.
  const whole = JSON.stringify({ name, status, attributes, events, links });
  return redactor.text(whole).redactions === 0 ? told : scrubbedParts(told, redactor);
}

function scrubbedParts(span: ReadableSpan, redactor: Redactor): ReadableSpan {
  const text = (dirty: string): string => redactor.text(dirty).text;
  const fields = (dirty: Attributes | undefined) => cleanFields(dirty ?? {}, redactor) as Attributes;
  const { code, message } = span.status;
  return {
    ...span,
    name: text(span.name),
    status: message === undefined ? { code } : { code, message: text(message) },
    attributes: fields(span.attributes),
    events: span.events.map((event) => ({
      ...event,
      name: text(event.name),
      attributes: fields(event.attributes),
    })),
    links: span.links.map((link) => ({ ...link, attributes: fields(link.attributes) })),
  };
}

/** A span as a value. What stands in a trace's state is whatever a client wrote there, and stays here. */
function withoutState(span: ReadableSpan): ReadableSpan {
  const own = bare(span.spanContext());
  const { parentSpanContext: parent } = span;
  return {
    ...{ name: span.name, kind: span.kind, status: span.status, attributes: span.attributes },
    ...{ startTime: span.startTime, endTime: span.endTime, duration: span.duration, ended: span.ended },
    ...{ resource: span.resource, instrumentationScope: span.instrumentationScope },
    ...{ droppedAttributesCount: span.droppedAttributesCount, droppedEventsCount: span.droppedEventsCount },
    droppedLinksCount: span.droppedLinksCount,
    spanContext: () => own,
    ...(parent === undefined ? {} : { parentSpanContext: bare(parent) }),
    events: span.events,
    links: span.links.map((link) => ({ ...link, context: bare(link.context) })),
  };
}

const bare = ({ traceState: _, ...context }: SpanContext): SpanContext => context;
