import { inSpan } from '@drylane/chassis/tracing/tracing';
import { RunId } from '@drylane/proto/ids';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Pen, send } from './answering.ts';
import { arrivalAt, type Door } from './arrival.ts';
import { followingHandlers } from './following.ts';
import { type Guarded, guard } from './guard.ts';
import { type Answer, type Asked, type Desk, type Handlers, refuse } from './handler.ts';
import { keepingHandlers } from './keeping.ts';
import { landingHandlers } from './landing.ts';
import { openHandlers } from './open.ts';
import { parse } from './parse.ts';
import { runHandlers } from './runs.ts';
import { type Consumes, type Route, type RouteName, routeOf } from './table.ts';

const HANDLERS: Handlers<RouteName> = {
  ...runHandlers,
  ...followingHandlers,
  ...landingHandlers,
  ...keepingHandlers,
  ...openHandlers,
};

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly route?: RouteName;
    readonly consumes?: Consumes | undefined;
    /** Asked often, and by machines. */
    readonly isQuiet?: boolean;
  }
}

export interface AppParts {
  readonly desk: Desk;
  readonly door: Door;
  readonly pen: Pen;
  /** Whether metrics are for everybody who reaches the port. */
  readonly metricsOpen: boolean;
}

/** Registers one route of the table. */
export function addRoute(app: FastifyInstance, name: RouteName, parts: AppParts): void {
  const route = routeAs(name, parts.metricsOpen);
  const isOpen = route.action === null;
  app.route({
    method: route.method,
    url: route.path.replace('{id}', ':id'),
    config: {
      ...{ route: name, consumes: route.consumes, isQuiet: isOpen },
      // A probe has to be answered most of all when there is much to do.
      ...(isOpen && { pressureHandler: () => undefined }),
    },
    onRequest: arrivalAt(route, parts.door, parts.pen),
    handler: async (request, reply) =>
      send(reply, await answer(name, route, request, reply, parts), parts.pen),
  });
}

function routeAs(name: RouteName, metricsOpen: boolean): Route {
  const route = routeOf(name);
  return name === 'read-metrics' && metricsOpen ? { ...route, of: 'open', action: null } : route;
}

/** Parses a request, has it decided whether it is allowed, and only then hands it on; in one span, unless it is a probe's. */
function answer(
  name: RouteName,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  { desk }: AppParts,
): Promise<Answer> {
  const { id } = request.params as { readonly id?: string };
  const run = RunId.safeParse(id).data;
  const work = async (): Promise<Answer> => {
    const { query, body } = parse(route, request.query, request.body);
    const { tenant } = query as { readonly tenant?: string };
    const guarded = await guard(route, { who: request.who, id, tenant, body }, desk);
    if (!guarded.allowed) return { kind: 'refused', refusal: guarded.refusal };
    // What the table's types say of a route's request is what `parse` and `guard` made of it.
    const handle = HANDLERS[name] as (asked: unknown, desk: Desk) => Promise<Answer>;
    const asked = askedOf(request, reply, { query, body, target: guarded.target });
    return LARGE.has(name) ? inTurn(request, desk, () => handle(asked, desk)) : handle(asked, desk);
  };
  if (route.action === null) return work();
  return inSpan(name, run === undefined ? {} : { run }, work, { from: request.headers, kind: 'server' });
}

/** What may be tens of megabytes, and take several times that while it is made. */
const LARGE: ReadonlySet<RouteName> = new Set([
  ...(['list-runs', 'read-report', 'read-evidence', 'read-diff'] as const),
  ...(['read-subject', 'read-approvals', 'read-change-set'] as const),
]);

/** Makes a large answer when it is its turn; whoever asks for too many at once gets none. */
async function inTurn(
  { who }: FastifyRequest,
  { reads, turns }: Desk,
  make: () => Promise<Answer>,
): Promise<Answer> {
  const leave = who === null ? undefined : reads.take(who);
  if (leave === undefined) return refuse('too-many-requests', READS_FULL, 1);
  try {
    return await turns(make);
  } finally {
    leave();
  }
}

const READS_FULL = {
  field: 'reads',
  message: 'are as many as may be at once',
  mend: 'ask for one after another',
};

type AnyAsked = Omit<Asked<RouteName>, 'query' | 'body' | 'target' | 'who'>;

function askedOf(
  request: FastifyRequest,
  reply: FastifyReply,
  known: Pick<Extract<Guarded, { allowed: true }>, 'target'> & {
    readonly query: unknown;
    readonly body: unknown;
  },
): AnyAsked & typeof known & Pick<FastifyRequest, 'who' | 'isStill'> {
  const gone = new AbortController();
  if (reply.raw.closed) gone.abort();
  else reply.raw.once('close', () => gone.abort());
  const lastEventId = request.headers['last-event-id'];
  return {
    ...known,
    who: request.who,
    isStill: request.isStill,
    accept: request.headers.accept ?? '',
    lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
    gone: gone.signal,
  };
}
