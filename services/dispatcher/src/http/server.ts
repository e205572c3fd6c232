import type { Readiness } from '@drylane/chassis/health/readiness';
import type { Logger } from '@drylane/chassis/logger/logger';
import type { Redactor } from '@drylane/chassis/redact/redact';
import { DrylaneError } from '@drylane/proto/errors';
import type { Authenticate } from '../access/authenticate.ts';
import type { RateAnswer } from '../access/rate.ts';
import type { Tokens } from '../access/tokens.ts';
import { createApp } from './app.ts';
import type { HttpLimits } from './limits.ts';
import { openApiDocument } from './openapi.ts';
import { seats } from './seats.ts';
import type { Service } from './service.ts';
import { turns } from './turns.ts';

export interface HttpOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly service: Service;
  readonly authenticate: Authenticate;
  readonly rate: (principal: string, nowMs: number) => RateAnswer;
  readonly tokens: Pick<Tokens, 'create' | 'read' | 'list' | 'revoke'>;
  readonly readiness: Pick<Readiness, 'look'>;
  readonly metrics: { render(): Promise<string>; readonly contentType: string };
  /** Whether `/metrics` is for everybody who reaches the port. */
  readonly metricsOpen: boolean;
  readonly log: Logger;
  /** Knows what the process knows to be secret. */
  readonly redactor: Redactor;
  readonly limits: HttpLimits;
}

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
  /** Takes no new connection, ends streams, and answers when all requests have; cuts off what is left at the signal. */
  drain(signal: AbortSignal): Promise<void>;
  /** Ends at once, with whatever is open. */
  close(): Promise<void>;
}

/** How often, while it drains, the server looks for connections on which nothing happens any more. */
const IDLE_LOOK_MS = 50;

/**
 * Serves the API of the dispatcher: the routes of `table.ts`, and nothing else.
 * @throws DrylaneError `machine-unfit` when the address cannot be listened on.
 */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const { host, port, redactor, limits, log } = options;
  const draining = new AbortController();
  const app = await createApp({
    desk: {
      ...options,
      uploads: seats(limits.uploads),
      streams: seats(limits.streams),
      reads: seats(limits.reads),
      turns: turns(limits.readsAtOnce),
      openApi: JSON.stringify(openApiDocument()),
      draining: draining.signal,
    },
    door: options,
    pen: {
      ...{ log, clean: (text) => redactor.text(text).text, lingerMs: limits.lingerMs },
      held: seats(limits.heldBytes),
    },
    metricsOpen: options.metricsOpen,
  });
  await app.listen({ host, port }).catch((cause: unknown) => {
    throw notListening(host, port, cause);
  });
  const address = app.server.address();
  const cutOff = (): void => app.server.closeAllConnections();
  const close = async (): Promise<void> => {
    draining.abort();
    const closed = app.close();
    cutOff();
    await closed;
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async drain(signal) {
      draining.abort();
      if (signal.aborted) return close();
      signal.addEventListener('abort', cutOff, { once: true });
      // A connection whose answer had begun is kept for the next request, and would be waited for.
      const idle = setInterval(() => app.server.closeIdleConnections(), IDLE_LOOK_MS);
      await app.close();
      clearInterval(idle);
      signal.removeEventListener('abort', cutOff);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function notListening(host: string, port: number, cause: unknown): DrylaneError {
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return new DrylaneError(
    'machine-unfit',
    {
      field: `${host}:${port}`,
      message: `cannot be listened on${code}`,
      mend: 'set an address of this machine and a port that is free',
    },
    { cause },
  );
}
