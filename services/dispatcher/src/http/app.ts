import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { fastifyHelmet } from '@fastify/helmet';
import { fastifyUnderPressure } from '@fastify/under-pressure';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { type Pen, sendRefusal } from './answering.ts';
import { MEDIA_TYPES, mostBytes, readDocument } from './body.ts';
import { refusalOf } from './faults.ts';
import type { HttpLimits } from './limits.ts';
import { refusal, STATUSES } from './problem.ts';
import { type AppParts, addRoute } from './routes.ts';
import { ROUTE_NAMES } from './table.ts';

/** Makes the server of the table's routes; it does not listen yet. */
export async function createApp(parts: AppParts): Promise<FastifyInstance> {
  const { desk, pen } = parts;
  const { limits, draining } = desk;
  const app = fastify(serverOptions(limits, pen));
  app.server.maxConnections = limits.connections;
  app.decorateRequest('who', null);
  app.decorateRequest('isStill', async () => false);
  app.setErrorHandler((fault, request, reply) => answerFault(fault, request, reply, pen));
  app.setNotFoundHandler((_, reply) => sendRefusal(reply, NO_SUCH_ROUTE, pen));
  readBodies(app, limits);
  await app.register(fastifyUnderPressure, {
    maxEventLoopDelay: limits.eventLoopDelayMs,
    // A loop that stands still for a whole interval counts as late without end: that must be too late, too.
    sampleInterval: limits.eventLoopDelayMs,
  });
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
  });
  app.addHook('onSend', async (_, reply) => {
    // What is said here is for whoever asked, and for no cache on the way.
    reply.header('cache-control', 'no-store');
    if (draining.aborted) reply.header('connection', 'close');
  });
  app.addHook('onResponse', async (request, reply) => logAnswer(request, reply, pen));
  for (const name of ROUTE_NAMES) addRoute(app, name, parts);
  return app;
}

function serverOptions(limits: HttpLimits, pen: Pen) {
  const shortest = Math.min(limits.headersMs, limits.requestMs);
  return {
    trustProxy: false,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle' as const,
    genReqId: () => randomUUID(),
    connectionTimeout: limits.idleMs,
    keepAliveTimeout: limits.keepAliveMs,
    requestTimeout: limits.requestMs,
    http: { headersTimeout: limits.headersMs, connectionsCheckingInterval: Math.ceil(shortest / 4) },
    clientErrorHandler: refuseConnection,
    frameworkErrors: (fault: Error, request: FastifyRequest, reply: FastifyReply): void => {
      answerFault(fault, request, reply, pen);
    },
  };
}

/** Documents come as bytes, for `document.ts` alone to read; a tar is passed on, and is left open when nobody reads on. */
function readBodies(app: FastifyInstance, limits: HttpLimits): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(MEDIA_TYPES, async (request: FastifyRequest, payload: FastifyRequest['raw']) => {
    const { consumes = 'document' } = request.routeOptions.config;
    return consumes === 'tar'
      ? payload.iterator({ destroyOnReturn: false })
      : readDocument(payload, mostBytes(consumes, limits), limits);
  });
}

function answerFault(fault: unknown, request: FastifyRequest, reply: FastifyReply, pen: Pen): FastifyReply {
  const refused = refusalOf(fault);
  if (STATUSES[refused.code] >= 500)
    pen.log.error('a request failed', {
      request: request.id,
      route: request.routeOptions.config.route,
      fault,
    });
  return sendRefusal(reply, refused, pen);
}

/** One line for each answer. The path is not in it, nor the query: the route's name and the run say what was asked. */
function logAnswer(request: FastifyRequest, reply: FastifyReply, { log }: Pen): void {
  const { route, isQuiet } = request.routeOptions.config;
  const { id } = request.params as { readonly id?: string };
  const about = id?.startsWith('run_') ? log.about({ run: id }) : log;
  about[isQuiet ? 'debug' : 'info']('a request was answered', {
    request: request.id,
    route,
    status: reply.statusCode,
    took_ms: Math.round(reply.elapsedTime),
    who: request.who?.id,
  });
}

const HEADERS_LATE = 'HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';
const HEADERS_LARGE =
  'HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';
const NOT_HTTP = 'HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';

/** Ends a connection on which what came is no request. */
function refuseConnection(fault: NodeJS.ErrnoException, socket: Socket): void {
  if (fault.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const answers = new Map([
    ['ERR_HTTP_REQUEST_TIMEOUT', HEADERS_LATE],
    ['HPE_HEADER_OVERFLOW', HEADERS_LARGE],
  ]);
  socket.end(answers.get(fault.code ?? '') ?? NOT_HTTP);
  // Whoever sends no request does not get to keep the connection half open either.
  socket.destroySoon();
}

const NO_SUCH_ROUTE = refusal(
  'not-found',
  'path',
  'is not one that is known here',
  'see what /openapi.json lists',
);
