import { z } from 'zod';
import { Headers, headersIn } from '../config/headers.ts';
import type { Logger } from '../logger/logger.ts';
import type { Redactor } from '../redact/redact.ts';

/** How much is sampled, by the names of OpenTelemetry. */
export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
export type SamplerName = (typeof SAMPLERS)[number];

const Endpoint = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }).optional();
const Protocol = z.literal('http/json').optional();
const Ratio = z
  .string()
  .regex(/^(0(\.[0-9]{1,9})?|1(\.0{1,9})?)$/, 'must be a number from 0 to 1')
  .transform(Number);
const Milliseconds = z
  .string()
  .regex(/^[1-9][0-9]{0,6}$/, 'must be a whole number of milliseconds')
  .transform(Number);

/**
 * OpenTelemetry's own variables that are heeded, by https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 * and …/protocol/exporter/. Nothing is sent unless one of the two endpoints is set. The exporter reads more by itself, of
 * certificates, compression and timeouts.
 */
export const TRACING_VARIABLES = {
  OTEL_SDK_DISABLED: z.string().optional(),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none']).default('otlp'),
  OTEL_EXPORTER_OTLP_ENDPOINT: Endpoint,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Endpoint,
  OTEL_EXPORTER_OTLP_PROTOCOL: Protocol,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: Protocol,
  OTEL_EXPORTER_OTLP_HEADERS: Headers.optional(),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: Headers.optional(),
  // Its own library reads it.
  OTEL_RESOURCE_ATTRIBUTES: z.string().optional(),
  OTEL_SERVICE_NAME: z.string().max(255).optional(),
  OTEL_TRACES_SAMPLER: z.enum(SAMPLERS).default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: Ratio.prefault('1'),
  OTEL_BSP_SCHEDULE_DELAY: Milliseconds.prefault('5000'),
} as const;

/** Which of them are secret. */
export const TRACING_SECRETS = {
  OTEL_EXPORTER_OTLP_ENDPOINT: 'address',
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'address',
  OTEL_EXPORTER_OTLP_HEADERS: 'headers',
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'headers',
} as const;

export type TracingConfig = z.output<z.ZodObject<typeof TRACING_VARIABLES>>;

/** Where spans are sent, and which. */
export interface TracingSettings {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The service's name, unless the operator gives it another. */
  readonly service: string;
  /** The name that the operator gave it. */
  readonly name: string | null;
  readonly sampler: SamplerName;
  /** From 0 to 1, for samplers that go by it. */
  readonly ratio: number;
  /** How long a span waits at most for others to be sent with, in milliseconds. */
  readonly delayMs: number;
}

/** What spans are sent with. */
export interface TracingOptions {
  /** Scrubs what is sent. */
  readonly redactor: Redactor;
  /** Is told of a collector that takes nothing. */
  readonly log: Logger;
}

/** What a process's configuration asks for; undefined where it asks for no traces. */
export function tracingSettings(config: TracingConfig, service: string): TracingSettings | undefined {
  if (config.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || config.OTEL_TRACES_EXPORTER === 'none')
    return undefined;
  const url = config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? below(config.OTEL_EXPORTER_OTLP_ENDPOINT);
  if (url === undefined) return undefined;
  return {
    url,
    headers: {
      ...headersIn(config.OTEL_EXPORTER_OTLP_HEADERS),
      ...headersIn(config.OTEL_EXPORTER_OTLP_TRACES_HEADERS),
    },
    service: `drylane-${service}`,
    name: config.OTEL_SERVICE_NAME ?? null,
    sampler: config.OTEL_TRACES_SAMPLER,
    ratio: config.OTEL_TRACES_SAMPLER_ARG,
    delayMs: config.OTEL_BSP_SCHEDULE_DELAY,
  };
}

/** The general address is the one below which each signal has its path. */
function below(endpoint: string | undefined): string | undefined {
  if (endpoint === undefined) return undefined;
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return url.href;
}
