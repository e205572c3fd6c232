import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDocumentAs } from './document.ts';
import { Envelope } from './envelope.ts';
import { DrylaneError, type Problem } from './errors.ts';
import { PolicyFile } from './policy-test.ts';

const VECTORS = join(import.meta.dirname, '../vectors');

function vectors(folder: string): string[] {
  return readdirSync(join(VECTORS, folder)).filter((file) => !file.endsWith('.expect.json'));
}

describe.each([
  { kind: 'envelope', schema: Envelope },
  { kind: 'policy', schema: PolicyFile },
] as const)('the golden vectors of the $kind', ({ kind, schema }) => {
  const parse = (folder: string, file: string) =>
    parseDocumentAs<typeof Envelope | typeof PolicyFile>(schema, readFileSync(join(VECTORS, folder, file)), {
      name: file,
      code: 'bad-input',
    });

  it.each(vectors(`${kind}/valid`))('%s is accepted', (file) => {
    expect(parse(`${kind}/valid`, file)).toBeTypeOf('object');
  });

  it.each(vectors(`${kind}/invalid`))('%s is refused with the problems beside it', (file) => {
    const folder = `${kind}/invalid`;
    const expected: Problem[] = JSON.parse(
      readFileSync(join(VECTORS, folder, file.replace(/\.\w+$/, '.expect.json')), 'utf8'),
    );
    const refusal = refusalOf(() => parse(folder, file));
    expect(refusal.code).toBe('bad-input');
    expect(refusal.problems).toEqual(expected);
  });

  it('name a place, say what is wrong and what to do, in printable text', () => {
    for (const file of vectors(`${kind}/invalid`))
      for (const problem of refusalOf(() => parse(`${kind}/invalid`, file)).problems) {
        const cut = problem.message === 'has more problems';
        expect(problem.field, file).toMatch(cut ? /^\(whole document\)$/ : /^[a-z0-9.-]+:\d+:\d+( \S.*)?$/);
        expect(problem.mend, file).not.toMatch(/^(write it as the message says|)$/);
        expect(`${problem.field}${problem.message}${problem.mend}`, file).toMatch(/^[ -~…]+$/);
      }
  });

  it('have an expectation for each invalid document and none without one', () => {
    const folder = join(VECTORS, kind, 'invalid');
    const names = (files: string[]) => files.map((f) => f.replace(/(\.expect)?\.\w+$/, '')).sort();
    const expectations = readdirSync(folder).filter((f) => f.endsWith('.expect.json'));
    expect(names(expectations)).toEqual(names(vectors(`${kind}/invalid`)));
  });
});

function refusalOf(parse: () => unknown): DrylaneError {
  try {
    parse();
  } catch (error) {
    if (error instanceof DrylaneError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}
