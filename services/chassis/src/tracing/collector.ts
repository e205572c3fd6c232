import { setTimeout as pause } from 'node:timers/promises';
import { type Attributes, context, DiagLogLevel, diag, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  type Resource,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { cleanFields } from '../logger/clean.ts';
import type { Part } from '../shutdown/shutdown.ts';
import { scrubbedSpan } from './scrub.ts';
import type { SamplerName, TracingOptions, TracingSettings } from './settings.ts';

/** The most spans that are kept while the collector takes none, in memory; what comes then is lost. */
export const MOST_SPANS = 2048;
const BATCH = 512;
/** All that may wait at the end, and one batch that was under way. */
const AT_ONCE = MOST_SPANS / BATCH + 1;
const SPAN_LIMITS = {
  ...{ attributeCountLimit: 32, attributeValueLengthLimit: 4096, eventCountLimit: 8, linkCountLimit: 8 },
  ...{ attributePerEventCountLimit: 16, attributePerLinkCountLimit: 16 },
};
/** How long the last spans may take to be sent, in milliseconds. Less than a part has to close: a collector is no fault. */
const LAST_SPANS_MS = 1_500;

const SAMPLERS: Readonly<Record<SamplerName, (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: (ratio) => new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
};

/** Has spans of this process kept and sent from now on. A collector that is away or slow costs spans, and nothing else. */
export function sendSpans(settings: TracingSettings, options: TracingOptions): Part {
  const { log } = options;
  const { url, headers, sampler, ratio, delayMs } = settings;
  diag.setLogger(
    { ...SILENT, warn: (said) => log.warn('the library of traces warns', { said }) },
    DiagLogLevel.WARN,
  );
  const exporter = new OTLPTraceExporter({ url, headers: { ...headers }, concurrencyLimit: AT_ONCE });
  const provider = new TracerProvider({
    sampler: SAMPLERS[sampler](ratio),
    resource: resourceOf(settings, options),
    spanLimits: SPAN_LIMITS,
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: scrubbing(exporter, options),
        ...{ maxQueueSize: MOST_SPANS, maxExportBatchSize: BATCH, scheduledDelayMillis: delayMs },
      }),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  return {
    name: 'traces',
    async close() {
      const sent = provider.shutdown().then(
        () => true,
        () => true,
      );
      const inTime = await Promise.race([sent, pause(LAST_SPANS_MS, false, { ref: false })]);
      if (!inTime) log.warn('the last spans were not sent in time');
      trace.disable();
      context.disable();
      diag.disable();
    },
  };
}

const nothing = (): void => {};
const SILENT = { error: nothing, warn: nothing, info: nothing, debug: nothing, verbose: nothing };

/** Who sends: the service, by its own name or the operator's, what the operator says of it, and which process of it. */
function resourceOf({ service, name }: TracingSettings, { redactor }: TracingOptions): Resource {
  const said = detectResources({ detectors: [serviceInstanceIdDetector, resourceAttributesEnvDetector] });
  const named = name === null ? {} : { [NAME]: name };
  const attributes = cleanFields({ [NAME]: service, ...said.attributes, ...named }, redactor);
  return defaultResource().merge(resourceFromAttributes(attributes as Attributes));
}

const NAME = 'service.name';

/** Hands scrubbed spans on, and tells once when the collector begins or ceases to take none. */
function scrubbing(exporter: SpanExporter, { redactor, log }: TracingOptions): SpanExporter {
  let isTaking = true;
  const note = (isTakingNow: boolean, spans: number, fault: unknown): void => {
    if (isTaking && !isTakingNow) log.warn('spans are lost, as the collector takes none', { spans, fault });
    if (!isTaking && isTakingNow) log.info('the collector takes spans again');
    isTaking = isTakingNow;
  };
  return {
    export(spans: ReadableSpan[], told) {
      exporter.export(
        spans.map((span) => scrubbedSpan(span, redactor)),
        (result) => {
          note(result.code === TAKEN, spans.length, result.error);
          told(result);
        },
      );
    },
    shutdown: () => exporter.shutdown(),
  };
}

/** `ExportResultCode.SUCCESS` of a package that we need for nothing else. */
const TAKEN = 0;
