import { join } from 'node:path';
import { createReadiness } from '@drylane/chassis/health/readiness';
import { createLogger } from '@drylane/chassis/logger/logger';
import { createMetrics } from '@drylane/chassis/metrics/metrics';
import { createRedactor } from '@drylane/chassis/redact/redact';
import type { Role } from '@drylane/proto/access';
import type { RunId } from '@drylane/proto/ids';
import type { Sheet } from '@drylane/proto/sheet';
import { authenticator } from '../access/authenticate.ts';
import { rateLimiter } from '../access/rate.ts';
import { storedTokens } from '../access/tokens.ts';
import { openPlace, type Place } from '../dispatch/fleet.fixture.ts';
import { HTTP_LIMITS } from '../http/limits.ts';
import { serveHttp } from '../http/server.ts';
import { openSqlite } from '../ledger/sqlite.ts';
import { storedSchedules } from '../schedule/schedules.ts';
import { fleetService } from './service.ts';
import { sheetFor } from './sheets.ts';

/** A fleet's dispatcher as it is deployed, over HTTP, on one machine's ledger. */
export interface Served extends AsyncDisposable {
  readonly place: Place;
  readonly url: string;
  /** A token of this name; records know it as `token:NAME`. */
  token(name: string, role: Role, tenant: string): Promise<string>;
  sheet(run: RunId): Promise<Sheet>;
}

export async function openServed(): Promise<Served> {
  const place = await openPlace();
  const database = await openSqlite(join(place.state, 'ledger.sqlite'));
  const tokens = storedTokens(database);
  const redactor = createRedactor([]);
  const log = createLogger({
    ...{ service: 'dispatcher', level: 'fatal', redactor },
    sink: { write: () => undefined, flush: async () => undefined },
  });
  const server = await serveHttp({
    ...{ host: '127.0.0.1', port: 0, tokens, metricsOpen: false, log, redactor },
    service: fleetService(place.fleet, storedSchedules(database)),
    readiness: createReadiness({ checks: {}, log, patienceMs: 1000 }),
    authenticate: authenticator({
      fixed: () => undefined,
      tokens: tokens.authenticate,
      oidc: async () => undefined,
    }),
    rate: rateLimiter({ perSecond: 10_000, burst: 10_000 }, 1000),
    metrics: createMetrics({ stage: [], rule: [], queue: [] }),
    limits: { ...HTTP_LIMITS, eventLoopDelayMs: 60_000 },
  });
  return {
    ...{ place, url: `http://127.0.0.1:${server.port}` },
    async token(name, role, tenant) {
      return (await tokens.create({ name, role, tenant, expires_ms: null }, 'test', Date.now())).text;
    },
    sheet: (run) => sheetFor(place.fleet.desk, run, 'live'),
    async [Symbol.asyncDispose]() {
      await server.close();
      await database.db.destroy();
      await place[Symbol.asyncDispose]();
    },
  };
}
