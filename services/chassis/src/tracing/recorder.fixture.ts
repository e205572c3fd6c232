import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  type ContextManager,
  context,
  ROOT_CONTEXT,
  type Span,
  type SpanAttributes,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  type SpanStatus,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';

/** A tracer that keeps what it is told, registered for this process until it is disposed of. */
export function recordSpans(): Disposable & { readonly spans: readonly RecordedSpan[] } {
  const spans: RecordedSpan[] = [];
  const startSpan = (name: string, options: SpanOptions = {}, around = context.active()): Span => {
    const span = new RecordedSpan(name, options, trace.getSpanContext(around), spans.length + 1);
    spans.push(span);
    return span;
  };
  const startActiveSpan = (): never => {
    throw new Error('this tracer starts spans, and does not make them active');
  };
  context.setGlobalContextManager(new LocalContexts());
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan }) });
  return {
    spans,
    [Symbol.dispose]() {
      trace.disable();
      context.disable();
    },
  };
}

/** One span, as a tracer would export it. */
export class RecordedSpan implements Span {
  readonly name: string;
  readonly kind: SpanKind;
  readonly parent: SpanContext | undefined;
  readonly attributes: Record<string, unknown>;
  status = SpanStatusCode.UNSET;
  /** Everything else that was said of it. */
  readonly said: unknown[] = [];
  ends = 0;
  readonly #own: SpanContext;

  constructor(name: string, options: SpanOptions, parent: SpanContext | undefined, number: number) {
    this.name = name;
    this.kind = options.kind ?? SpanKind.INTERNAL;
    this.parent = parent;
    this.attributes = { ...options.attributes };
    const [traceId, spanId] = [32, 16].map((length) => number.toString(16).padStart(length, '0'));
    this.#own = {
      traceId: parent?.traceId ?? traceId ?? '',
      spanId: spanId ?? '',
      traceFlags: TraceFlags.SAMPLED,
      ...(parent?.traceState === undefined ? {} : { traceState: parent.traceState }),
    };
  }

  spanContext(): SpanContext {
    return this.#own;
  }

  setAttribute(key: string, value: unknown): this {
    this.attributes[key] = value;
    return this;
  }

  setAttributes(attributes: SpanAttributes): this {
    Object.assign(this.attributes, attributes);
    return this;
  }

  setStatus({ code, message }: SpanStatus): this {
    this.status = code;
    if (message !== undefined) this.said.push(message);
    return this;
  }

  addEvent(...event: readonly unknown[]): this {
    this.said.push(event);
    return this;
  }

  addLink(link: unknown): this {
    this.said.push(link);
    return this;
  }

  addLinks(links: readonly unknown[]): this {
    this.said.push(links);
    return this;
  }

  updateName(name: string): this {
    this.said.push(name);
    return this;
  }

  recordException(exception: unknown): void {
    this.said.push(exception);
  }

  isRecording(): boolean {
    return this.ends === 0;
  }

  end(): void {
    this.ends += 1;
  }
}

class LocalContexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();

  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    given: Context,
    act: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#storage.run(given, () => act.call(self, ...args));
  }

  bind<T>(_: Context, target: T): T {
    return target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    this.#storage.disable();
    return this;
  }
}
