import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { generateSchemas, SCHEMAS_DIRECTORY } from '../scripts/schemas.ts';

const VECTORS = join(import.meta.dirname, '../vectors');
const generated = generateSchemas();

/** Reads a generated file back with an engine that knows nothing of our own schemas. */
function validatorOf(file: string): z.ZodType {
  return z.fromJSONSchema(JSON.parse(generated.get(file) ?? 'null'));
}

function valuesIn(folder: string): [string, unknown][] {
  const files = readdirSync(join(VECTORS, folder)).filter((f) => !f.endsWith('.expect.json'));
  return files.map((file) => [file, parse(readFileSync(join(VECTORS, folder, file), 'utf8'))]);
}

describe('the published JSON Schemas', () => {
  it('are the ones generated from the code: run `npm run schemas`', () => {
    expect(readdirSync(SCHEMAS_DIRECTORY).sort()).toEqual([...generated.keys()].sort());
    for (const [file, text] of generated)
      expect(readFileSync(join(SCHEMAS_DIRECTORY, file), 'utf8'), file).toBe(text);
  });

  it.each([...generated])('%s names itself and its draft', (file, text) => {
    expect(JSON.parse(text)).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `https://drylane.dev/schemas/${file}`,
    });
  });

  it.each([...generated])('%s lets no object have a field that is not known', (_, text) => {
    const open: unknown[] = [];
    const visit = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      const { type, additionalProperties, anyOf: _, ...rest } = node as Record<string, unknown>;
      if (type === 'object' && additionalProperties === undefined) open.push(node);
      // What stands beside `properties` under anyOf only narrows that object.
      Object.values('properties' in node ? rest : node).forEach(visit);
    };
    visit(JSON.parse(text));
    expect(open).toEqual([]);
  });

  it.each(['envelope', 'policy'])('take every valid %s', (kind) => {
    const schema = validatorOf(`${kind}.json`);
    for (const [file, value] of valuesIn(`${kind}/valid`))
      expect(schema.safeParse(value).error?.issues ?? [], file).toEqual([]);
  });

  it.each([
    ['patterns-that-climb.yaml'],
    ['patterns-with-odd-parts.yaml'],
    ['pattern-with-nul.yaml'],
    ['climbing-paths.yaml'],
    ['blank-command.yaml'],
    ['unknown-at-every-level.yaml'],
    ['limits-without-units.yaml'],
    ['odd-image.yaml'],
    ['mutating-without-writes.yaml'],
  ])('refuse %s, as the code does', (file) => {
    const value = parse(readFileSync(join(VECTORS, 'envelope/invalid', file), 'utf8'));
    expect(validatorOf('envelope.json').safeParse(value).success).toBe(false);
  });
});
