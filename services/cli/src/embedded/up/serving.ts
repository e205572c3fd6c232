import type { Readiness } from '@drylane/chassis/health/readiness';
import type { Logger } from '@drylane/chassis/logger/logger';
import type { Redactor } from '@drylane/chassis/redact/redact';
import type { Principal } from '@drylane/dispatcher/access/access';
import { rateLimiter } from '@drylane/dispatcher/access/rate';
import { hashOfSecret, isSameHash } from '@drylane/dispatcher/access/token';
import { storedTokens } from '@drylane/dispatcher/access/tokens';
import type { Fleet } from '@drylane/dispatcher/dispatch/fleet';
import { HTTP_LIMITS, type HttpLimits } from '@drylane/dispatcher/http/limits';
import { type HttpServer, serveHttp } from '@drylane/dispatcher/http/server';
import type { Service } from '@drylane/dispatcher/http/service';
import type { Database } from '@drylane/dispatcher/ledger/database';
import { type Schedules, storedSchedules } from '@drylane/dispatcher/schedule/schedules';
import { fleetService } from '@drylane/dispatcher/service/service';
import { DrylaneError } from '@drylane/proto/errors';
import { submitter } from '../submitter.ts';
import type { UpMetrics } from './lane.ts';

export interface Api {
  /** 0 lets the system choose. */
  readonly port: number;
  readonly token: string;
  readonly database: Database;
  readonly fleet: Fleet;
  readonly metrics: UpMetrics;
  readonly readiness: Pick<Readiness, 'look'>;
  readonly log: Logger;
  readonly redactor: Redactor;
  /** Whether nothing new is taken. */
  readonly isEnding: () => boolean;
}

/** Everything that comes over HTTP is of one tenant: the user of this machine. */
const TENANT = 'local';
const PER_SECOND = 10_000;

/** All agents of the user show one token: what one of them may have, they may have together. */
const LIMITS: HttpLimits = {
  ...HTTP_LIMITS,
  ...{ uploads: alike(32), streams: alike(1000), reads: alike(128) },
  heldBytes: alike(HTTP_LIMITS.heldBytes.inAll),
};

/**
 * Serves the API of the dispatcher on this machine's loopback. There is one token, and it submits: every agent of this user can
 * read it, so it approves nothing, and whoever approves does so at a terminal.
 */
export async function serveApi(api: Api): Promise<HttpServer & { readonly schedules: Schedules }> {
  const { database, fleet, metrics, readiness, log, redactor } = api;
  const schedules = storedSchedules(database);
  const isToken = sameAs(api.token);
  const me: Principal = {
    ...{ id: submitter(), via: 'token' },
    grants: [{ role: 'submitter', tenant: TENANT }],
  };
  const server = await serveHttp({
    ...{ host: '127.0.0.1', port: api.port, readiness, log, redactor, limits: LIMITS },
    tokens: storedTokens(database),
    ...{ metrics, metricsOpen: false },
    service: ofOneMachine(fleetService(fleet, schedules), api.isEnding),
    // What else may stand in the ledger's database counts nothing here.
    authenticate: async (text) => (isToken(text) ? me : undefined),
    rate: rateLimiter({ perSecond: PER_SECOND, burst: PER_SECOND }, 1),
  });
  return Object.assign(server, { schedules });
}

/** What a machine by itself does otherwise than a fleet. */
function ofOneMachine(service: Service, isEnding: () => boolean): Service {
  return {
    ...service,
    async submit(...asked) {
      if (!isEnding()) return service.submit(...asked);
      throw new DrylaneError('unavailable', {
        field: 'drylane up',
        message: 'is ending, and takes nothing new',
        mend: 'start it again, or do without: drylane rehearse',
      });
    },
    // It would be kept for nothing: what is sent is for workers that do not see the directory itself.
    async keepWorkspace() {
      throw new DrylaneError('bad-input', {
        field: 'workspace',
        message: 'is a snapshot, which needs the fleet',
        mend: 'give a directory of this machine: workspace: { path: … }',
      });
    },
  };
}

function sameAs(token: string): (text: string) => boolean {
  const hash = hashOfSecret(token);
  return (text) => isSameHash(hashOfSecret(text), hash);
}

function alike(most: number) {
  return { perPrincipal: most, perTenant: most, inAll: most };
}
