import { z } from 'zod';

type Path = readonly PropertyKey[];

const PLAIN_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** Text of a stranger made fit for a message: printable ASCII on one line, at most `max` characters. */
export function printable(text: string, max: number): string {
  const cut = text.length > max ? `${text.slice(0, max)}…` : text;
  return cut.replace(/[^ -~…→]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A path into a document: `intent.expected_writes.0`; a key that is not a plain word stands in quotes. */
export function dotted(path: Path): string {
  return path
    .map(String)
    .map((s) => (PLAIN_NAME.test(s) ? s : `"${printable(s.replaceAll('"', '\\"'), 64)}"`))
    .join('.');
}

/** What to do about a field that its schema does not know: another spelling, another place, or nothing. */
export function mendUnknownField(schema: z.ZodType | undefined, path: Path, key: string): string {
  const known = schema ? branchesAt(schema, path).flatMap(fieldsOf) : [];
  const near = nearest(key, known);
  if (near !== undefined) return `did you mean ${near}?`;
  const place = schema ? placesOf(schema).find((p) => plain(String(p.at(-1))) === plain(key)) : undefined;
  if (place) return `remove it; the field of that name stands at ${dotted(place)}`;
  return known.length > 0 ? `remove it; the fields here are ${known.join(', ')}` : 'remove it';
}

/** The candidate that a misspelt word was most likely meant to be; by the optimal string alignment distance. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: distance(plain(word), plain(candidate)) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

const plain = (word: string): string => word.toLowerCase().replace(/[^a-z0-9]/g, '');

function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next.push(
        Math.min(
          (row[j - 1] ?? 0) + (same ? 0 : 1),
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}

/** The schemas a value may have once what is optional, has a default or is a union is taken apart. */
function branches(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return branches(schema.unwrap());
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(branches);
  return [schema];
}

function branchesAt(schema: z.core.$ZodType, path: Path): readonly z.core.$ZodType[] {
  return path.reduce<readonly z.core.$ZodType[]>(
    (schemas, step) => schemas.flatMap((s) => children(s, step)).flatMap(branches),
    branches(schema),
  );
}

function children(schema: z.core.$ZodType, step: PropertyKey): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const child: z.core.$ZodType | undefined = Object.hasOwn(schema.shape, step)
      ? schema.shape[String(step)]
      : undefined;
    return child ? [child] : [];
  }
  if (schema instanceof z.ZodArray) return [schema.element];
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  return [];
}

const fieldsOf = (schema: z.core.$ZodType): readonly string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];

/** Every field of a schema with its path, those of lists and records left out. */
function placesOf(schema: z.core.$ZodType, above: Path = []): readonly Path[] {
  return branches(schema).flatMap((branch) =>
    fieldsOf(branch).flatMap((field) => {
      const path = [...above, field];
      return [path, ...children(branch, field).flatMap((child) => placesOf(child, path))];
    }),
  );
}
