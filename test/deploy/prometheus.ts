import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PROMETHEUS } from '../machine/programs.ts';

const START_MS = 60_000;

/** What a query found: one value for each series, the last one where there are many. */
export type Found = readonly { readonly metric: Readonly<Record<string, string>>; readonly value: number }[];

/** A real Prometheus for tests: on a port of the loopback that was free, with a directory of its own. */
export interface Prometheus {
  /** What a query finds now. @throws Error with Prometheus' words where it is none. */
  query(expr: string): Promise<Found>;
  /** What it finds over the last minute, second by second, as a panel asks. */
  range(expr: string): Promise<Found>;
  /** Any other page of its API. */
  api<T>(path: string): Promise<T>;
  /** Ends it and takes its directory away. */
  stop(): Promise<void>;
}

// The server ends, and its directory goes, as soon as nobody holds the other end any more, however a test went.
const KEEPER = `
  prometheus --config.file="$0/prometheus.yml" --storage.tsdb.path="$0/data" --web.listen-address=127.0.0.1:0 \
    </dev/null 2>&1 &
  server=$!
  cat >/dev/null
  kill -KILL $server 2>/dev/null
  wait $server 2>/dev/null
  rm -rf -- "$0"
`;

/** Starts a server with this configuration. Where Prometheus is not installed, `npm run machine` installs it. */
export async function startPrometheus(configuration: string): Promise<Prometheus> {
  if (!(await PROMETHEUS.isInstalled())) throw new Error('Prometheus is not installed; npm run machine');
  const directory = mkdtempSync(join(tmpdir(), 'drylane-prometheus-'));
  writeFileSync(join(directory, 'prometheus.yml'), configuration);
  const keeper = spawn('/bin/sh', ['-c', KEEPER, directory], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const closed = once(keeper, 'close');
  const stop = async (): Promise<void> => {
    keeper.stdin.end();
    await closed;
  };
  const patience = setTimeout(() => keeper.stdin.end(), START_MS);
  const port = await portSaid(createInterface(keeper.stdout))
    .catch(async (cause) => {
      await stop();
      throw cause;
    })
    .finally(() => clearTimeout(patience));
  keeper.stdout.resume();
  const api = <T>(path: string): Promise<T> => answer<T>(`http://127.0.0.1:${port}/api/v1/${path}`);
  return {
    async query(expr) {
      const { result } = await api<Matrix>(`query?${new URLSearchParams({ query: expr })}`);
      return result.map(({ metric, value }) => ({ metric, value: Number(value?.[1]) }));
    },
    async range(expr) {
      const now = Date.now() / 1000;
      const times = { start: String(now - 60), end: String(now), step: '1' };
      const { result } = await api<Matrix>(`query_range?${new URLSearchParams({ query: expr, ...times })}`);
      return result.map(({ metric, values }) => ({ metric, value: Number(values?.at(-1)?.[1]) }));
    },
    api,
    stop,
  };
}

interface Matrix {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly value?: readonly [number, string];
    readonly values?: readonly (readonly [number, string])[];
  }[];
}

/** The port that the system chose, once the server is ready; with all that it said, if it never is. */
async function portSaid(lines: AsyncIterable<string>): Promise<string> {
  const said: string[] = [];
  let port: string | undefined;
  for await (const line of lines) {
    said.push(line);
    if (/level=error|not found/i.test(line)) break;
    port ??= /msg="Listening on".* address=127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port !== undefined && line.includes('Server is ready')) return port;
  }
  throw new Error(`prometheus did not start:\n${said.join('\n')}`);
}

async function answer<T>(url: string): Promise<T> {
  const body = (await (await fetch(url)).json()) as Answer<T>;
  if (body.status === 'error') throw new Error(`${body.errorType}: ${body.error}`);
  return body.data;
}

type Answer<T> =
  | { readonly status: 'success'; readonly data: T }
  | { readonly status: 'error'; readonly errorType: string; readonly error: string };
