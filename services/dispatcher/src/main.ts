import { serveHealth } from '@drylane/chassis/health/server';
import { createMetrics } from '@drylane/chassis/metrics/metrics';
import { openProcess, runProcess } from '@drylane/chassis/process/process';
import { createRedactor } from '@drylane/chassis/redact/redact';
import { digestOf } from '@drylane/proto/digest';
import { QUEUES } from '@drylane/proto/task';
import { authenticator } from './access/authenticate.ts';
import { type FixedToken, fixedPrincipal, fixedTokens } from './access/fixed.ts';
import { oidcTokens } from './access/oidc.ts';
import { rateLimiter } from './access/rate.ts';
import { maySubmitStill } from './access/still.ts';
import { storedTokens } from './access/tokens.ts';
import { loadPolicy } from './admit/load.ts';
import { type DispatcherConfig, dispatcherConfig } from './config.ts';
import { expireRuns } from './desk/expiry.ts';
import { createBell } from './dispatch/bell.ts';
import { entranceFromAfar } from './dispatch/entrance.ts';
import type { Fleet } from './dispatch/fleet.ts';
import { gauge } from './dispatch/gauges.ts';
import { keeper } from './dispatch/keeper.ts';
import { advanceLine, reconcile } from './dispatch/line.ts';
import { createRoom } from './dispatch/room.ts';
import { type Rounds, rounds } from './dispatch/rounds.ts';
import { settleWork } from './dispatch/settle.ts';
import { HTTP_LIMITS } from './http/limits.ts';
import { serveHttp } from './http/server.ts';
import type { Database } from './ledger/database.ts';
import { openPostgres } from './ledger/postgres.ts';
import { openSqlite } from './ledger/sqlite.ts';
import { storedLedger } from './ledger/store.ts';
import { openSigner } from './receipt/keys.ts';
import { type Due, submitDue } from './schedule/due.ts';
import { storedSchedules } from './schedule/schedules.ts';
import { fleetService } from './service/service.ts';

/** How often each is done, in milliseconds, where nobody asks for it sooner. */
const EVERY = { line: 1_000, reconcile: 5_000, expire: 30_000, schedules: 1_000, gauges: 5_000 };
/** More than there are tokens: whoever is forgotten begins with a full bucket. */
const PRINCIPALS = 50_000;

await runProcess(async () => {
  const { config, secrets } = dispatcherConfig(process.env);
  const policy = await loadPolicy(config.DRYLANE_POLICY);
  const fixed = fixedTokens(fixedIn(config));
  const signer = await openSigner({
    directory: '/',
    env: { DRYLANE_SIGNING_KEY: config.DRYLANE_SIGNING_KEY },
  });
  const { log, redactor, blobs, transport, shutdown, readiness } = await openProcess({
    ...{ service: 'dispatcher', config, secrets, queues: QUEUES },
  });
  const database = await openDatabase(config.DRYLANE_DATABASE_URL);
  shutdown.add({ name: 'ledger', close: () => database.db.destroy() });
  const [tokens, schedules] = [storedTokens(database), storedSchedules(database)];
  const metrics = createMetrics({ stage: ['settle'], rule: [], queue: QUEUES });

  let line: Rounds | undefined;
  const fleet: Fleet = {
    desk: {
      ledger: storedLedger(database.db, database.retry),
      blobs,
      signer: async () => signer,
      // The ledger's own chain tells that it was a token's word when it was kept.
      proven: async (approvals) => approvals.filter(({ approver }) => approver.proof === 'token'),
    },
    ...{ entrance: entranceFromAfar(policy.policy), bell: createBell() },
    ...{ policy, transport, keepPolicy: keeper(blobs, policy.policy) },
    limits: {
      window: config.DRYLANE_WINDOW,
      waiting: config.DRYLANE_WAITING,
      waitingOfTenant: config.DRYLANE_WAITING_TENANT,
      givenUpMs: config.DRYLANE_GIVEN_UP,
    },
    // Not the process's own: whoever submits could learn from its answers what the process knows.
    redactor: createRedactor([]),
    nudge: () => line?.nudge(),
    told({ id, state, verdict, risk_level: risk }, lane) {
      metrics.count('drylane_runs_total', { lane, verdict: verdict ?? 'inconclusive', risk: risk ?? 'high' });
      log.about({ run: id, stage: 'settle' }).info('settled', { lane, state });
    },
    stuck: ({ id, state }, fault) =>
      log.about({ run: id }).error('a run cannot be moved on', { state, fault }),
  };
  const ready = readiness({
    ledger: async () => void (await fleet.desk.ledger.listRuns({ limit: 1 })),
    blobs: async () => void (await blobs.has(digestOf(''))),
  });
  const http = await serveHttp({
    ...{
      host: config.DRYLANE_HOST,
      port: config.DRYLANE_PORT,
      tokens,
      readiness: ready,
      metrics,
      log,
      redactor,
    },
    service: fleetService(fleet, schedules),
    authenticate: authenticator({
      ...{ fixed, tokens: tokens.authenticate, oidc: oidcTokens(policy.policy.access?.oidc ?? []) },
    }),
    rate: rateLimiter({ perSecond: config.DRYLANE_RATE, burst: config.DRYLANE_RATE * 2 }, PRINCIPALS),
    metricsOpen: config.DRYLANE_METRICS_OPEN,
    limits: HTTP_LIMITS,
  });
  const health = await serveHealth({
    ...{ host: config.DRYLANE_HEALTH_HOST, port: config.DRYLANE_HEALTH_PORT, metrics, readiness: ready },
  });
  shutdown.add({ name: 'health', close: () => health.close() });

  const round = (name: keyof typeof EVERY, work: () => Promise<void>): Rounds => {
    const failed = (fault: unknown): void => log.warn('a round of work failed', { round: name, fault });
    const made = rounds(EVERY[name], work, failed);
    shutdown.add({ name, drain: () => made.close() });
    return made;
  };
  line = round('line', () => advanceLine(fleet));
  round('reconcile', () => reconcile(fleet, Date.now()));
  round('expire', () => expireRuns(fleet.desk, Date.now()));
  round('gauges', () => gauge(fleet, metrics, Date.now()));
  const due: Due = {
    ...{ schedules, retryAfter: createRoom(fleet) },
    maySubmit: maySubmitStill({ fixed: fixedIn(config).map(fixedPrincipal), tokens }),
    failed: ({ id }, fault) => log.error('a schedule could not be submitted', { schedule: id, fault }),
  };
  round('schedules', () => submitDue(fleet, due, Date.now()));
  const { DRYLANE_CONCURRENCY: concurrency } = config;
  const settling = transport.serve('settle', settleWork(fleet), { concurrency });
  shutdown.add({ name: 'settle', drain: () => settling.close() });
  shutdown.add({ name: 'http', drain: (signal) => http.drain(signal), close: () => http.close() });
  log.info('the dispatcher is up', { port: http.port, policy: policy.digest });
});

function fixedIn({
  DRYLANE_BOOTSTRAP_TOKEN: operator,
  DRYLANE_WORKER_TOKEN: worker,
}: DispatcherConfig): FixedToken[] {
  const of = (name: string, role: FixedToken['role'], text: string | undefined, field: string) =>
    text === undefined ? [] : [{ name, role, tenant: null, text, field }];
  return [
    ...of('bootstrap', 'operator', operator, 'DRYLANE_BOOTSTRAP_TOKEN'),
    ...of('worker', 'worker', worker, 'DRYLANE_WORKER_TOKEN'),
  ];
}

async function openDatabase(address: string): Promise<Database> {
  return address.startsWith('file:') ? openSqlite(address.slice('file:'.length)) : openPostgres(address);
}
