import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** Where the things are that are deployed beside the services. */
export const DEPLOY = join(import.meta.dirname, '..', '..', 'deploy');
export const PROMETHEUS = join(DEPLOY, 'prometheus');

/** A rule that gives what it finds a name. */
export interface Recording {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A rule that tells people. */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A panel of the dashboard; a row has no targets. */
export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: unknown;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly {
    readonly expr: string;
    readonly instant: boolean;
    readonly legendFormat: string;
    readonly datasource: unknown;
  }[];
}

/** What one test file says of one alert at one moment: the alerts that have to fire. */
export interface Check {
  readonly alertname: string;
  readonly exp_alerts: readonly unknown[];
}

const text = (...path: string[]): string => readFileSync(join(DEPLOY, ...path), 'utf8');

const rules = <R>(file: string): readonly R[] =>
  parse(text('prometheus', file)).groups.flatMap((group: { rules: R[] }) => group.rules);

export const recordings = (): readonly Recording[] => rules('recording.rules.yml');

export const alerts = (): readonly Alert[] => rules('alerts.rules.yml');

/** Every check of every test file of the rules. */
export function checks(): readonly Check[] {
  return testFiles().flatMap((file) =>
    parse(text('prometheus', file)).tests.flatMap(
      (test: { alert_rule_test: Check[] }) => test.alert_rule_test,
    ),
  );
}

export const testFiles = (): readonly string[] =>
  readdirSync(PROMETHEUS).filter((name) => name.endsWith('.test.yml'));

export const scraping = (): Record<string, unknown> & { readonly scrape_configs: readonly ScrapeConfig[] } =>
  parse(text('prometheus', 'prometheus.yml'));

export interface ScrapeConfig {
  readonly job_name: string;
  readonly dns_sd_configs: readonly {
    readonly names: readonly string[];
    readonly type: string;
    readonly port: number;
  }[];
}

export const dashboard = (): Record<string, unknown> & { readonly panels: readonly Panel[] } =>
  JSON.parse(text('grafana', 'drylane.json'));

export const runbook = (): string => text('RUNBOOK.md');
