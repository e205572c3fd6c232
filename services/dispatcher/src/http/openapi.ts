import { NewToken } from '@drylane/proto/access';
import { ChangeSet } from '@drylane/proto/change-set';
import { Envelope } from '@drylane/proto/envelope';
import { Evidence } from '@drylane/proto/evidence';
import { RunId } from '@drylane/proto/ids';
import { Execution } from '@drylane/proto/promotion';
import { SignedReceipt } from '@drylane/proto/receipt';
import { Schedule, ScheduleId, ScheduleRequest } from '@drylane/proto/schedule';
import { Sheet } from '@drylane/proto/sheet';
import { Claim, Landed } from '@drylane/proto/task';
import { Told } from '@drylane/proto/told';
import { z } from 'zod';
import { mediaTypesOf } from './body.ts';
import { PROBLEM_TYPE, ProblemDetails } from './problem.ts';
import { ROUTE_NAMES, type Route, routeOf } from './table.ts';
import * as wire from './wire.ts';

type Json = Readonly<Record<string, unknown>>;

/** Schemas that the document names, so that a client has a type of that name for each. */
const NAMED = {
  input: { Envelope, WordRequest: wire.WordRequest, Claim, Landed, Told, NewToken, ScheduleRequest },
  output: {
    Run: wire.ShownRun,
    RunPage: wire.RunPage,
    Event: wire.ShownEvent,
    Events: wire.ShownEvents,
    Report: Execution,
    Evidence,
    Subject: Sheet,
    Approvals: wire.ShownWords,
    Receipt: SignedReceipt,
    ChangeSet,
    Schedule,
    Token: wire.ShownToken,
    Problem: ProblemDetails,
  },
} as const;

/** The API as OpenAPI 3.1 (spec.openapis.org/oas/v3.1.1), made of the table of routes and of nothing else. */
export function openApiDocument(): Json {
  const [inputs, outputs] = [schemasFor('input'), schemasFor('output')];
  const paths: Record<string, Record<string, Json>> = {};
  for (const name of ROUTE_NAMES) {
    const route = routeOf(name);
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operationOf(name, route, inputs, outputs),
    };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'drylane',
      version: '1',
      summary: 'A dry-run lane for shell commands that agents and automations propose',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token of drylane, or one of an OpenID Connect issuer that policy names',
        },
      },
      schemas: { ...inputs.components, ...outputs.components },
    },
  };
}

interface Schemas {
  readonly components: Json;
  /** What stands for a schema where it is used. */
  of(schema: z.ZodType): Json;
}

/** Schemas as they are read, where fields with defaults may be left out, or as they are written. */
function schemasFor(io: 'input' | 'output'): Schemas {
  const named = new Map<z.ZodType, string>();
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED[io])) {
    named.set(schema, id);
    registry.add(schema, { id });
  }
  const options = { target: 'draft-2020-12', io, unrepresentable: 'any' } as const;
  const { schemas } = z.toJSONSchema(registry, { ...options, uri: (id) => `#/components/schemas/${id}` });
  const components = Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]),
  );
  return {
    components,
    of(schema) {
      const id = named.get(schema);
      if (id !== undefined) return { $ref: `#/components/schemas/${id}` };
      const { $schema: _, ...inline } = z.toJSONSchema(schema, options);
      return inline;
    },
  };
}

function operationOf(name: string, route: Route, inputs: Schemas, outputs: Schemas): Json {
  const types = mediaTypesOf(route);
  const schema = route.body === undefined ? inputs.of(wire.Bytes) : inputs.of(route.body);
  return {
    operationId: name,
    summary: route.summary,
    security: route.action === null ? [] : [{ bearer: [] }],
    parameters: parametersOf(route, inputs),
    ...(types.length > 0 && {
      requestBody: {
        required: true,
        content: Object.fromEntries(types.map((type) => [type, { schema }])),
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, content]) => [
          status,
          answerOf(status, content, outputs),
        ]),
      ),
      default: {
        description: 'A problem: RFC 9457',
        content: { [PROBLEM_TYPE]: { schema: outputs.of(ProblemDetails) } },
      },
    },
  };
}

const STATUS_WORDS: Readonly<Record<string, string>> = {
  200: 'As it was asked',
  201: 'It is kept',
  202: 'It is taken in',
  204: 'It is done',
  503: 'Not now',
};

function answerOf(status: string, content: Route['answers'][number] | undefined, outputs: Schemas): Json {
  const kinds = Object.entries(content ?? {});
  return {
    description: STATUS_WORDS[status] ?? 'An answer',
    ...(kinds.length > 0 && {
      content: Object.fromEntries(kinds.map(([type, schema]) => [type, { schema: outputs.of(schema) }])),
    }),
  };
}

const IDS: Readonly<Partial<Record<Route['of'], z.ZodType>>> = {
  run: RunId,
  token: wire.TokenId,
  schedule: ScheduleId,
};

function parametersOf({ path, of, query, answers }: Route, inputs: Schemas): Json[] {
  const id = IDS[of];
  const isStream = Object.values(answers).some(
    (content) => content !== null && 'text/event-stream' in content,
  );
  return [
    ...(path.includes('{id}') && id !== undefined
      ? [{ name: 'id', in: 'path', required: true, schema: inputs.of(id) }]
      : []),
    ...Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
      name,
      in: 'query',
      required: false,
      schema: inputs.of(schema as z.ZodType),
    })),
    ...(isStream
      ? [{ name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'integer', minimum: 0 } }]
      : []),
  ];
}
