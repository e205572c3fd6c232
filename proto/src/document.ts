import type { z } from 'zod';
import { DrylaneError, type ErrorCode, type Problem } from './errors.ts';
import { dotted, mendUnknownField } from './fields.ts';
import { describeIssue } from './mends.ts';
import { readTree } from './tree.ts';

export { MAX_DOCUMENT_BYTES } from './tree.ts';

/** What to call the document in messages, and the code its errors carry. */
export interface DocumentKind {
  readonly name: string;
  readonly code: ErrorCode;
}

/** The most problems that one refusal names. */
export const MAX_PROBLEMS = 20;

/**
 * Reads YAML or JSON (which YAML holds) and checks it against a schema.
 * @throws DrylaneError with `kind.code` and one problem for each thing wrong: its place as
 * `name:line:column` and dotted path, and the mend. Whatever the bytes are, nothing else is thrown.
 */
export function parseDocumentAs<S extends z.ZodType>(
  schema: S,
  source: Uint8Array,
  kind: DocumentKind,
): z.infer<S> {
  return readDocumentAs(schema, source, kind).value;
}

/** A document that fits its schema, and what finds the places of what is wrong with it all the same. */
export interface ReadDocument<T> {
  readonly value: T;
  /** `name:line:column` and dotted path of a field, or of an offset into the text that stands there. */
  readonly where: (path: Path, offset?: number) => string;
  /** `name:line:column` of a field. */
  readonly place: (path: Path) => string;
}

/** Does what {@link parseDocumentAs} does, for whoever has more to check than a schema says. */
export function readDocumentAs<S extends z.ZodType>(
  schema: S,
  source: Uint8Array,
  kind: DocumentKind,
): ReadDocument<z.infer<S>> {
  const tree = readTree(source, kind.name);
  if ('length' in tree) throw new DrylaneError(kind.code, tree);
  const joined = (place: string, path: Path): string =>
    [place, dotted(path)].filter((s) => s !== '').join(' ');
  const where = (path: Path, offset?: number): string =>
    joined(offset === undefined ? tree.place(path) : tree.placeWithin(path, offset), path);
  const result = schema.safeParse(tree.value, { reportInput: true });
  if (result.success) return { value: result.data, where, place: tree.place };
  throw new DrylaneError(
    kind.code,
    problemsOf(result.error, (path, at) => joined(tree.place(path, at), path), schema),
  );
}

/**
 * Checks a value that is in memory already, such as one made of a command line's flags.
 * @throws DrylaneError with `code` and one problem for each thing wrong: its dotted path, and the mend.
 */
export function checkAs<S extends z.ZodType>(schema: S, value: unknown, code: ErrorCode): z.infer<S> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw new DrylaneError(code, problemsOf(result.error, dotted, schema));
}

type Path = readonly PropertyKey[];
type Where = (path: Path, at: 'key' | 'value') => string;

/**
 * Every issue of a failed check (best made with `reportInput`) as a problem
 * with its field and the mend, at most {@link MAX_PROBLEMS}. With the schema, misspelt fields are recognised.
 */
export function problemsOf(error: z.ZodError, where: Where = dotted, schema?: z.ZodType): Problem[] {
  const found: Problem[] = [];
  for (const issue of error.issues)
    for (const problem of problemsOfIssue(issue, [], where, schema)) {
      if (found.length === MAX_PROBLEMS)
        return [
          ...found,
          { field: '(whole document)', message: 'has more problems', mend: 'mend these first' },
        ];
      found.push(problem);
    }
  return found;
}

function* problemsOfIssue(
  issue: z.core.$ZodIssue,
  above: Path,
  where: Where,
  schema: z.ZodType | undefined,
): Generator<Problem> {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys)
      yield {
        field: where([...path, key], 'key'),
        message: 'is not a field that is known here',
        mend: mendUnknownField(schema, path, key),
      };
    return;
  }
  const closest = issue.code === 'invalid_union' ? closestBranch(issue.errors) : undefined;
  if (closest) for (const inner of closest) yield* problemsOfIssue(inner, path, where, schema);
  else {
    const at = issue.code === 'invalid_key' ? 'key' : 'value';
    yield { field: where(path, at) || '(whole document)', ...describeIssue(issue) };
  }
}

/** The one alternative of a union that the value was meant to be, if one fits better than all others. */
function closestBranch(
  branches: readonly (readonly z.core.$ZodIssue[])[],
): readonly z.core.$ZodIssue[] | undefined {
  const ranked = branches
    .map((issues) => ({ issues, misfits: issues.reduce((sum, i) => sum + misfits(i), 0) }))
    .sort((a, b) => a.misfits - b.misfits);
  const [first, second] = ranked;
  return first && (!second || first.misfits < second.misfits) ? first.issues : undefined;
}

/** How much an issue speaks against its alternative: fields missing or unknown, or the wrong kind of value. */
function misfits(issue: z.core.$ZodIssue): number {
  if (issue.code === 'unrecognized_keys') return issue.path.length === 0 ? issue.keys.length : 0;
  if (issue.path.length === 0) return 1;
  return issue.code === 'invalid_type' && issue.path.length === 1 && issue.input === undefined ? 1 : 0;
}
