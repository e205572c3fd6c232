import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Facts } from './facts.ts';
import { shapesOf, typeOf } from './shapes.ts';

const typesIn = (path: string): Record<string, string> =>
  Object.fromEntries(
    [...(shapesOf(Facts).messages.get(path)?.fields ?? [])].map(([name, { shape, optional }]) => [
      name,
      `${typeOf(shape)}${optional ? '?' : ''}`,
    ]),
  );

describe('what expressions may speak of', () => {
  it('is what the schemas of envelope, risk and evidence hold, every field of them', () => {
    expect(typesIn('evidence.changes')).toEqual({
      ...{ path: 'string', kind: 'string', type: 'string', class: 'string', step: 'int?', binary: 'bool' },
      ...{ before: 'evidence.changes.before?', after: 'evidence.changes.before?', entries: 'int' },
      ...{ additions: 'int?', deletions: 'int?' },
    });
    expect(typesIn('risk.reasons')).toMatchObject({ points: 'double', span: 'list<int>' });
    expect(typesIn('envelope.intent')).toMatchObject({
      network: 'list<string>?',
      expected_exit: 'list<int>?',
    });
    expect(typesIn('envelope.workspace')).toEqual({
      path: 'string?',
      snapshot: 'string?',
      git: 'envelope.workspace.git?',
    });
    expect(typesIn('envelope')).toMatchObject({ env: 'map<string, string>?', task: 'string?' });
  });

  it('is never silently less than a schema says', () => {
    expect(() => shapesOf(z.strictObject({ at: z.date() }))).toThrow(/at: expressions have no word for date/);
    const mixed = z.strictObject({ a: z.union([z.string(), z.array(z.string())]) });
    expect(() => shapesOf(mixed)).toThrow(/no word for such a choice/);
  });
});
