import { visible } from '@drylane/chassis/redact/visible';
import { DrylaneError, ERROR_CODES } from '@drylane/proto/errors';
import type { Colours } from './terminal.ts';

const FLAGS: Readonly<Record<string, string>> = {
  'intent.expected_writes': '--expect GLOB, or --read-only',
  'intent.forbidden_paths': '--forbid PATTERN',
  'intent.network': '--network HOST',
  'intent.credentials': '--credential NAME',
  'workspace.path': '--workspace DIR',
  'limits.timeout': '--timeout 60s',
  image: '--image IMAGE',
  task: '--task NAME',
};

/** A fault as people read it on standard error: what was refused, field by field, and the mend. */
export function renderFault(fault: unknown, colours: Colours): string {
  if (!(fault instanceof DrylaneError)) {
    const text = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
    return `${colours.red('drylane: ')}${visible(text)}\n`;
  }
  const head = `${colours.red('drylane: ')}${ERROR_CODES[fault.code].title}\n`;
  return fault.problems.reduce((out, { field, message, mend }) => {
    const flag = FLAGS[field.replace(/\.\d+$/, '')];
    const hint = flag === undefined ? '' : ` (${flag})`;
    return `${out}  ${colours.bold(visible(field))}: ${visible(message)}\n    → ${visible(mend)}${hint}\n`;
  }, head);
}

/** A fault as one JSON document. */
export function faultDocument(fault: unknown): unknown {
  if (fault instanceof DrylaneError) return { error: { code: fault.code, problems: fault.problems } };
  return { error: { code: 'internal', problems: [{ field: 'drylane', message: String(fault), mend: '' }] } };
}
