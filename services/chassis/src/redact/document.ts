import type { Redactor } from './redact.ts';

/** A value fit to be kept: every text in it is scrubbed, whoever wrote it. Names of its fields are ours, and stay. */
export function scrubDocument<T>(value: T, redactor: Redactor): T {
  if (typeof value === 'string') return redactor.text(value).text as T;
  if (Array.isArray(value)) return value.map((item) => scrubDocument(item, redactor)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const scrubbed = Object.entries(value).map(([name, item]) => [name, scrubDocument(item, redactor)]);
  return Object.fromEntries(scrubbed) as T;
}
