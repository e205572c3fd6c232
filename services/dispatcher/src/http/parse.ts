import { checkAs, parseDocumentAs } from '@drylane/proto/document';
import { DrylaneError } from '@drylane/proto/errors';
import type { z } from 'zod';
import type { Route } from './table.ts';
import { NoQuery } from './wire.ts';

/** What a request says, checked. */
export interface Parsed {
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/**
 * Parses what a request brings. Documents are read by the rules of `document.ts`, which hostile ones are refused by; a
 * tar is passed on as it comes.
 * @throws DrylaneError `bad-input` with everything that is wrong in the query, or in the body.
 */
export function parse(route: Route, query: unknown, body: unknown): Parsed {
  return {
    query: checkAs<z.ZodObject>(route.query ?? NoQuery, query, 'bad-input'),
    body: parseBody(route, body),
  };
}

function parseBody({ body: schema, consumes }: Route, body: unknown): unknown {
  if (schema === undefined) return body ?? null;
  const bytes = body instanceof Uint8Array ? body : new Uint8Array();
  return consumes === 'outcome'
    ? checkAs(schema, parseJson(bytes), 'bad-input')
    : parseDocumentAs(schema, bytes, { name: 'body', code: 'bad-input' });
}

/** JSON of a worker, which the cap on a document's parts would refuse. Odd keys are refused by the schema. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new DrylaneError(
      'bad-input',
      { field: 'body', message: 'is not JSON', mend: 'send one JSON document' },
      { cause },
    );
  }
}
