import type { Redactor } from '@drylane/chassis/redact/redact';
import type { Envelope } from '@drylane/proto/envelope';
import type { Problem } from '@drylane/proto/errors';

/**
 * Where an envelope holds what looks like a secret. A fleet keeps envelopes and hands them on as they are, so that a queue
 * that was lost can be made again; what must not be kept cannot be let in.
 */
export function secretProblems(envelope: Envelope, redactor: Redactor): readonly Problem[] {
  return fieldsWith(envelope, '', (text) => redactor.text(text).text !== text).map((field) => ({
    field,
    message: 'holds what looks like a secret, and envelopes are kept',
    mend: 'declare it in intent.credentials and let policy name its source, or read it from a file',
  }));
}

function fieldsWith(value: unknown, field: string, isSecret: (text: string) => boolean): readonly string[] {
  if (typeof value === 'string') return isSecret(value) ? [field] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) =>
    fieldsWith(item, field === '' ? name : `${field}.${name}`, isSecret),
  );
}
