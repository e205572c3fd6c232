import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileBlobs } from '@drylane/chassis/blobs/files';
import { createReadiness, type Readiness } from '@drylane/chassis/health/readiness';
import { createLogger } from '@drylane/chassis/logger/logger';
import { createMetrics } from '@drylane/chassis/metrics/metrics';
import { createRedactor } from '@drylane/chassis/redact/redact';
import type { Envelope } from '@drylane/proto/envelope';
import { RunId } from '@drylane/proto/ids';
import type { Principal } from '../access/access.ts';
import { authenticator } from '../access/authenticate.ts';
import { rateLimiter } from '../access/rate.ts';
import { storedTokens } from '../access/tokens.ts';
import { openSqlite } from '../ledger/sqlite.ts';
import { type LaneOptions, openLane } from './lane.fixture.ts';
import { HTTP_LIMITS, type HttpLimits } from './limits.ts';
import { type HttpServer, serveHttp } from './server.ts';
import type { Service } from './service.ts';

/** Whoever asks in tests: all of one tenant, but for the last three. */
export const ASKERS = {
  owner: { role: 'submitter', tenant: 'web' },
  submitter: { role: 'submitter', tenant: 'web' },
  approver: { role: 'approver', tenant: 'web' },
  operator: { role: 'operator', tenant: 'web' },
  viewer: { role: 'viewer', tenant: 'web' },
  worker: { role: 'worker', tenant: null },
  stranger: { role: 'operator', tenant: 'ops' },
  chief: { role: 'operator', tenant: null },
} as const;
export type Asker = keyof typeof ASKERS;

export const SECRET = 'a-secret-of-the-process';

export interface Sent {
  readonly as?: Asker | null;
  readonly method?: string;
  readonly json?: unknown;
  readonly body?: string | Uint8Array | ReadableStream;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Place extends AsyncDisposable {
  readonly server: HttpServer;
  readonly service: Service;
  readonly readiness: Readiness;
  readonly url: string;
  readonly tokens: Readonly<Record<Asker, string>>;
  /** What was logged, a line each. */
  readonly lines: readonly string[];
  ask(path: string, sent?: Sent): Promise<Response>;
  /** Has a run submitted by its owner; answers its id. */
  submit(envelope?: object): Promise<RunId>;
  /** The same, and waits until it was rehearsed. */
  rehearse(envelope?: object): Promise<RunId>;
  /** Lets the rehearsal of a run end that is held, and waits for it. */
  letGo(id: RunId): Promise<void>;
}

export interface PlaceOptions {
  readonly limits?: Partial<HttpLimits>;
  readonly metricsOpen?: boolean;
  readonly rate?: { readonly perSecond: number; readonly burst: number };
  readonly lane?: LaneOptions;
}

/** A server with all that stands behind it, in a directory of its own. */
export async function openPlace({
  limits = {},
  metricsOpen = false,
  rate = { perSecond: 10_000, burst: 10_000 },
  lane: asked = {},
}: PlaceOptions = {}): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'drylane-http-'));
  const database = await openSqlite(join(directory, 'ledger.db'));
  const tokens = storedTokens(database);
  const lane = openLane(database, fileBlobs(join(directory, 'blobs')), asked);
  const { service } = lane;
  const lines: string[] = [];
  const redactor = createRedactor([{ name: 'SECRET', value: SECRET }]);
  const log = createLogger({
    ...{ service: 'dispatcher', level: 'debug', redactor },
    sink: { write: (line) => void lines.push(line), flush: async () => {} },
  });
  const readiness = createReadiness({ checks: {}, log, patienceMs: 1000 });
  const server = await serveHttp({
    ...{ host: '127.0.0.1', port: 0, service, tokens, readiness, metricsOpen, log, redactor },
    authenticate: authenticator({
      fixed: (text) => (text === 'nothing-at-all' ? NOBODY_MUCH : undefined),
      tokens: tokens.authenticate,
      oidc: async () => undefined,
    }),
    rate: rateLimiter(rate, 1000),
    metrics: createMetrics({ stage: [], rule: [], queue: [] }),
    limits: { ...HTTP_LIMITS, eventLoopDelayMs: 60_000, ...limits },
  });
  const made = await Promise.all(
    Object.entries(ASKERS).map(async ([name, of]) => {
      const { text } = await tokens.create({ name, ...of, expires_ms: null }, 'test', Date.now());
      return [name, text] as const;
    }),
  );
  const texts = Object.fromEntries(made) as Record<Asker, string>;
  const url = `http://127.0.0.1:${server.port}`;
  const ask: Place['ask'] = (path, sent = {}) => fetch(`${url}${path}`, requestOf(sent, texts));
  const submit: Place['submit'] = async (envelope = ENVELOPE) => {
    const answer = await ask('/v1/runs', { as: 'owner', json: envelope });
    return RunId.parse(((await answer.json()) as { id: string }).id);
  };
  return {
    ...{ server, service, readiness, url, lines, tokens: texts, ask, submit },
    async rehearse(envelope) {
      const id = await submit(envelope);
      await lane.rehearsed(id);
      return id;
    },
    async letGo(id) {
      lane.letGo();
      await lane.rehearsed(id);
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await lane[Symbol.asyncDispose]();
      await database.db.destroy();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Known by an issuer, and made nothing by policy. */
const NOBODY_MUCH: Principal = { id: 'oidc:issuer#1', via: 'oidc', grants: [] };

function requestOf(
  { as = 'operator', method, json, body, headers, signal }: Sent,
  tokens: Readonly<Record<Asker, string>>,
): RequestInit {
  const content = json === undefined ? body : JSON.stringify(json);
  return {
    method: method ?? (content === undefined ? 'GET' : 'POST'),
    headers: {
      ...(as !== null && { authorization: `Bearer ${tokens[as]}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(content !== undefined && { body: content, duplex: 'half' }),
    ...(signal && { signal }),
  };
}

/** A command that is rehearsed to change one file. */
export const ENVELOPE: Envelope = {
  task: 'normalize',
  command: 'sed -i s/old/new/ blog/a.md',
  working_dir: '/srv/site',
  intent: { mode: 'mutating', expected_writes: ['blog/*.md'] },
};

/** The same on a git tree. */
export const GIT_ENVELOPE: Envelope = {
  ...ENVELOPE,
  working_dir: '/workspace',
  workspace: { git: { url: 'https://git.example/a', ref: 'main' } },
};
