import type { Readiness } from '@drylane/chassis/health/readiness';
import type { Problem } from '@drylane/proto/errors';
import type { Schedule } from '@drylane/proto/schedule';
import type { z } from 'zod';
import type { Principal } from '../access/access.ts';
import type { Token, Tokens } from '../access/tokens.ts';
import type { Run } from '../ledger/event.ts';
import type { HttpLimits } from './limits.ts';
import { type ProblemCode, type Refusal, refusal } from './problem.ts';
import type { Seats } from './seats.ts';
import type { Service, Tenants } from './service.ts';
import type { ROUTES, RouteName } from './table.ts';
import type { Turns } from './turns.ts';

/** What handlers reach the rest of the dispatcher by. */
export interface Desk {
  readonly service: Service;
  readonly tokens: Pick<Tokens, 'create' | 'read' | 'list' | 'revoke'>;
  readonly readiness: Pick<Readiness, 'look'>;
  readonly metrics: { render(): Promise<string>; readonly contentType: string };
  readonly limits: HttpLimits;
  readonly uploads: Seats;
  readonly streams: Seats;
  readonly reads: Seats;
  readonly turns: Turns;
  /** The document of the API, as JSON: made once, because anybody may ask for it. */
  readonly openApi: string;
  /** Aborts when the server is told to end. */
  readonly draining: AbortSignal;
}

/** What a route acts on, once it is decided that whoever asks may. */
export interface Targets {
  readonly open: null;
  readonly fleet: null;
  readonly tenants: Tenants;
  readonly tenant: string;
  readonly 'new-token': null;
  readonly run: Run;
  readonly token: Token;
  readonly schedule: Schedule;
}

type Table = typeof ROUTES;
type QueryOf<R> = R extends { readonly query: infer Q extends z.ZodType } ? z.output<Q> : null;
type BodyOf<R> = R extends { readonly body: infer B extends z.ZodType }
  ? z.output<B>
  : R extends { readonly consumes: 'tar' }
    ? AsyncIterable<Uint8Array>
    : null;
type WhoOf<R> = R extends { readonly of: 'open' } ? null : Principal;

/** A request of a route: parsed, and allowed. */
export interface Asked<N extends RouteName> {
  readonly who: WhoOf<Table[N]>;
  /** Whether who asks is known still, for an answer that takes long. */
  readonly isStill: () => Promise<boolean>;
  readonly target: Targets[Table[N]['of']];
  readonly query: QueryOf<Table[N]>;
  readonly body: BodyOf<Table[N]>;
  readonly accept: string;
  readonly lastEventId: string | undefined;
  /** Aborts when nobody waits for the answer any more. */
  readonly gone: AbortSignal;
}

type Headers = Readonly<Record<string, string>>;

/** What is sent back. */
export type Answer =
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown; readonly headers?: Headers }
  | { readonly kind: 'text'; readonly type: string; readonly text: string }
  | {
      readonly kind: 'bytes';
      readonly type: string;
      readonly bytes: AsyncIterable<Uint8Array | string> | Iterable<string>;
      readonly size?: number;
      readonly headers?: Headers;
    }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export type Handler<N extends RouteName> = (asked: Asked<N>, desk: Desk) => Promise<Answer>;

/** A handler for each of some routes. */
export type Handlers<N extends RouteName> = { readonly [R in N]: Handler<R> };

export function ok(body: unknown, status = 200, headers?: Headers): Answer {
  return { kind: 'json', status, body, ...(headers && { headers }) };
}

/** A refusal with one problem, as an answer. */
export function refuse(code: ProblemCode, { field, message, mend }: Problem, retryAfterS?: number): Answer {
  const refused = refusal(code, field, message, mend);
  return {
    kind: 'refused',
    refusal: retryAfterS === undefined ? refused : { ...refused, retryAfterS },
  };
}
