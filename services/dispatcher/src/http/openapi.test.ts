import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENVELOPE, openPlace, type Place } from './server.fixture.ts';
import { ROUTES } from './table.ts';

interface Operation {
  readonly operationId: string;
  readonly security: readonly unknown[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: unknown }>> };
  readonly responses: Readonly<Record<string, { readonly content?: object }>>;
}

interface Document {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

let place: Place;
let document: Document;
beforeAll(async () => {
  place = await openPlace();
  document = (await (await place.ask('/openapi.json', { as: null })).json()) as Document;
});
afterAll(async () => place[Symbol.asyncDispose]());

const operations = (): [path: string, method: string, operation: Operation][] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, string, Operation] => [
      path,
      method,
      operation,
    ]),
  );

/** Every reference in a value. */
function* referencesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, below] of Object.entries(value))
    if (key === '$ref' && typeof below === 'string') yield below;
    else yield* referencesIn(below);
}

describe('the document of the API', () => {
  it('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate({ ...structuredClone(document) });
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    expect(document.openapi).toBe('3.1.1');
  });

  it('lists the routes of the table, and no others', () => {
    const listed = operations().map(([path, method, { operationId }]) => [
      operationId,
      method.toUpperCase(),
      path,
    ]);
    const known = Object.entries(ROUTES).map(([name, { method, path }]) => [name, method, path]);
    expect(listed.sort()).toEqual(known.sort());
  });

  it('names nothing that is not in it', () => {
    const references = new Set(referencesIn(document));
    expect(references.size).toBeGreaterThan(10);
    for (const reference of references)
      expect(document.components.schemas, reference).toHaveProperty(
        reference.replace('#/components/schemas/', ''),
      );
  });

  it('says of every operation how it fails, what its path holds, and who may ask', () => {
    const open = new Set<string>(
      Object.entries(ROUTES).flatMap(([name, { of }]) => (of === 'open' ? [name] : [])),
    );
    for (const [path, , { operationId, security, parameters, responses }] of operations()) {
      expect(Object.keys(responses), operationId).toContain('default');
      const inPath = parameters.filter((one) => one.in === 'path').map(({ name }) => `{${name}}`);
      expect(path.match(/\{[^}]+\}/g) ?? [], operationId).toEqual(inPath);
      expect(security, operationId).toEqual(open.has(operationId) ? [] : [{ bearer: [] }]);
    }
  });
});

interface Call {
  readonly as: keyof Place['tokens'];
  readonly values?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A client that knows nothing but the document. */
async function call(operationId: string, { as, values = {}, body }: Call) {
  const found = operations().find(([, , operation]) => operation.operationId === operationId);
  if (found === undefined) throw new Error(`no operation ${operationId}`);
  const [path, method, { parameters, requestBody, security, responses }] = found;
  const [type] = Object.keys(requestBody?.content ?? {});
  const filled = path.replace('{id}', values.id ?? '');
  const query = parameters.filter(({ name, in: where }) => where === 'query' && values[name] !== undefined);
  const said = new URLSearchParams(query.map(({ name }): [string, string] => [name, values[name] ?? '']));
  const answer = await fetch(
    new URL(`${filled}?${said}`, new URL(document.servers[0]?.url ?? '', place.url)),
    {
      method: method.toUpperCase(),
      headers: {
        ...(security.length > 0 && { authorization: `Bearer ${place.tokens[as]}` }),
        ...(type !== undefined && { 'content-type': type }),
      },
      ...(type !== undefined && { body: JSON.stringify(body) }),
    },
  );
  if (!answer.ok) throw new Error(`${operationId}: ${await answer.text()}`);
  const kinds = Object.keys(responses[String(answer.status)]?.content ?? {});
  expect(kinds).toContain(answer.headers.get('content-type')?.split(';')[0]);
  return (await answer.json()) as Record<string, unknown>;
}

describe('a client that is made of the document alone', () => {
  it('brings a run from its submission to where it may land', async () => {
    const { id } = await call('submit-run', { as: 'owner', body: ENVELOPE, values: { promote: 'true' } });
    const values = { id: String(id) };
    await expect
      .poll(() => call('read-run', { as: 'owner', values }))
      .toMatchObject({
        ...{ state: 'awaiting-live-approval', promote: true, tenant: 'web', submitter: 'token:owner' },
      });
    const { bound, subject } = await call('read-subject', { as: 'approver', values });
    expect(subject).toMatchObject({ run: id, lane: 'live', mode: 'apply' });
    const word = { lane: 'live', decision: 'approve', bound, comment: 'read it' };
    expect(await call('decide-run', { as: 'approver', values, body: word })).toEqual({
      ...{ state: 'promotable', missing: 0 },
    });
    const { runs } = await call('list-runs', { as: 'viewer', values: { state: 'promotable' } });
    expect(runs).toMatchObject([{ id }]);
    const claim = { owner: 'live-1', mode: 'apply', bound };
    expect(await call('claim-run', { as: 'worker', values, body: claim })).toMatchObject({
      ...{ state: 'promoting', claimant: 'token:worker' },
    });
  });
});
