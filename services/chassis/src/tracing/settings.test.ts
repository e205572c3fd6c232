import { DrylaneError } from '@drylane/proto/errors';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Environment, readConfig } from '../config/config.ts';
import { TRACING_SECRETS, TRACING_VARIABLES, tracingSettings } from './settings.ts';

const OPTIONS = { prefix: 'LANE_', secrets: TRACING_SECRETS } as const;
const read = (environment: Environment) => readConfig(z.object(TRACING_VARIABLES), environment, OPTIONS);
const settingsOf = (environment: Environment) => tracingSettings(read(environment).config, 'mill');

/** The variables that are refused. */
function refused(environment: Environment): readonly string[] {
  try {
    read(environment);
    return [];
  } catch (fault) {
    if (fault instanceof DrylaneError) return fault.problems.map(({ field }) => field);
    throw fault;
  }
}

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('where spans are sent', () => {
  it.each<[string, Environment]>([
    ['nothing is set', {}],
    ['only a name is', { OTEL_SERVICE_NAME: 'mill', OTEL_TRACES_SAMPLER: 'always_on' }],
    ['the address is empty', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    ['all of it is switched off', { ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }],
    ['traces are', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
  ])('is nowhere where %s', (_, environment) => {
    expect(settingsOf(environment)).toBeUndefined();
  });

  it.each([
    ['http://collector:4318', undefined, 'http://collector:4318/v1/traces'],
    ['https://collector/otlp/', undefined, 'https://collector/otlp/v1/traces'],
    ['https://collector/otlp?key=1', undefined, 'https://collector/otlp/v1/traces?key=1'],
    ['http://collector:4318', 'http://other/as/it/is', 'http://other/as/it/is'],
    [undefined, 'http://other/', 'http://other/'],
  ])('is below %s, or is %s', (general, own, url) => {
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: general,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own,
    };
    expect(settingsOf(environment)).toEqual({
      ...{ url, headers: {}, service: 'drylane-mill', name: null },
      ...{ sampler: 'parentbased_always_on', ratio: 1, delayMs: 5000 },
    });
  });

  it('is told with headers, of which those of traces win, and what is secret in them is known', () => {
    const environment = {
      ...{ ...ENDPOINT, OTEL_SERVICE_NAME: 'ours', OTEL_TRACES_SAMPLER: 'traceidratio' },
      ...{ OTEL_TRACES_SAMPLER_ARG: '0.25', OTEL_BSP_SCHEDULE_DELAY: '50' },
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20correct-horse, x-tenant=7,',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-tenant=8',
    };
    expect(settingsOf(environment)).toMatchObject({
      ...{ name: 'ours', sampler: 'traceidratio', ratio: 0.25, delayMs: 50 },
      headers: { authorization: 'Bearer correct-horse', 'x-tenant': '8' },
    });
    expect(read(environment).secrets.map(({ value }) => value)).toEqual([
      'Bearer correct-horse',
      'correct-horse',
    ]);
  });

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', ['collector:4318', 'ftp://collector', 'grpc://collector:4317']],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', ['/v1/traces']],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', ['grpc', 'http/protobuf']],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', ['grpc']],
    ['OTEL_EXPORTER_OTLP_HEADERS', ['Bearer', 'a b=c', 'a=b\n', 'a=%0d%0ab: c', 'a=%zz', '=x']],
    ['OTEL_TRACES_EXPORTER', ['zipkin']],
    ['OTEL_TRACES_SAMPLER', ['jaeger_remote']],
    ['OTEL_TRACES_SAMPLER_ARG', ['2', '-1', 'half', '1.5']],
    ['OTEL_BSP_SCHEDULE_DELAY', ['0', 'soon']],
  ])('is refused where %s is not what is known here', (name, values) => {
    for (const value of values) expect(refused({ ...ENDPOINT, [name]: value }), value).toEqual([name]);
  });
});
