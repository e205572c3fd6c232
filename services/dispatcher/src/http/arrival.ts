import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../access/access.ts';
import type { Authenticate } from '../access/authenticate.ts';
import type { RateAnswer } from '../access/rate.ts';
import { type Pen, sendRefusal } from './answering.ts';
import { refuseContent } from './body.ts';
import { mayEver } from './guard.ts';
import type { HttpLimits } from './limits.ts';
import { type Refusal, refusal } from './problem.ts';
import type { Route } from './table.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null where the route is open to everybody. */
    who: Principal | null;
    /** Whether what they showed is still theirs. */
    isStill: () => Promise<boolean>;
  }
}

/** What tells who asks, and whether they ask too often. */
export interface Door {
  readonly authenticate: Authenticate;
  readonly rate: (principal: string, nowMs: number) => RateAnswer;
  readonly limits: HttpLimits;
}

/**
 * What happens to a request before any of its body is read: who asks, whether they ask too often, whether they could ever do
 * this, and whether what they bring is taken here.
 */
export function arrivalAt(route: Route, door: Door, pen: Pen) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const refused = await admit(route, request, door);
    return refused === undefined ? undefined : sendRefusal(reply, refused, pen);
  };
}

async function admit(route: Route, request: FastifyRequest, door: Door): Promise<Refusal | undefined> {
  if (route.action !== null) {
    const bearer = bearerOf(request.headers.authorization);
    const nowMs = Date.now();
    const who = bearer === undefined ? undefined : await door.authenticate(bearer, nowMs);
    if (who === undefined) return UNKNOWN;
    const { allowed, retryAfterSeconds = 1 } = door.rate(who.id, nowMs);
    if (!allowed) return { ...TOO_OFTEN, retryAfterS: retryAfterSeconds };
    if (!mayEver(route, who)) return NOT_YOURS;
    request.who = who;
    request.isStill = async () => (await door.authenticate(bearer ?? '', Date.now()))?.id === who.id;
  }
  return refuseContent(route, request.headers, door.limits);
}

/** The token of an `Authorization` header; it is taken from nowhere else, so that no page can send it unasked. */
function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer +([!-~]+)$/i.exec(header ?? '')?.[1];
}

const UNKNOWN = refusal(
  'unauthenticated',
  'authorization',
  'does not hold a token that is known here',
  'send Authorization: Bearer TOKEN, with a token that has neither expired nor been revoked',
);

const TOO_OFTEN = refusal(
  'too-many-requests',
  'authorization',
  'asks more often than it may',
  'send it again after the seconds of Retry-After',
);

const NOT_YOURS = refusal(
  'forbidden',
  'authorization',
  'is known, and its role may not do this',
  'ask an operator for a token whose role may',
);
