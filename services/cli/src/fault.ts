import { createRedactor } from '@drylane/chassis/redact/redact';
import { visible } from '@drylane/chassis/redact/visible';
import { DrylaneError, ERROR_CODES, type ErrorCode, type Problem } from '@drylane/proto/errors';
import { hinted } from './hint.ts';
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

/** What went wrong, fit to be shown: a message may quote the input, and with it a secret that stood there. */
export interface FaultReport {
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];
  /** Where in drylane it happened, of a fault that nobody threw on purpose. */
  readonly trace: string | null;
}

/** A fault with every secret taken out of it; its mends name the state directory that was given. */
export function reportFault(fault: unknown, state?: string): FaultReport {
  const { code, problems, trace } =
    fault instanceof DrylaneError ? { code: fault.code, problems: fault.problems, trace: null } : bug(fault);
  const redactor = createRedactor([]);
  const clean = (text: string): string => redactor.text(text).text;
  return {
    code,
    trace: trace === null ? null : clean(trace),
    problems: problems.map((problem) => {
      const field = clean(problem.field);
      // Read together as well: whether a value is a secret may depend on the name of its field.
      const together = clean(`${field}: ${clean(problem.message)}`);
      const whole = together.startsWith(`${field}: `);
      return {
        field,
        message: whole ? together.slice(field.length + 2) : together,
        mend: clean(hinted(problem.mend, state)),
      };
    }),
  };
}

function bug(fault: unknown): FaultReport {
  const mend = 'report it with all that is written here';
  const trace = fault instanceof Error ? (fault.stack ?? null) : null;
  return { code: 'internal', problems: [{ field: 'drylane', message: String(fault), mend }], trace };
}

/** A fault as people read it on standard error: what was refused, field by field, and the mend. */
export function renderFault({ code, problems, trace }: FaultReport, colours: Colours): string {
  const head = `${colours.red('drylane: ')}${ERROR_CODES[code].title}\n`;
  const body = problems.reduce((out, { field, message, mend }) => {
    const flag = FLAGS[field.replace(/\.\d+$/, '')];
    const hint = flag === undefined ? '' : ` (${flag})`;
    return `${out}  ${colours.bold(shown(field))}: ${shown(message)}\n    → ${shown(mend)}${hint}\n`;
  }, head);
  return trace === null ? body : `${body}  ${shown(trace)}\n`;
}

/** Further lines stay below the first: none of them can pass for a line that drylane wrote. */
function shown(text: string): string {
  return visible(text).replaceAll('\n', '\n      ');
}

/** A fault as one JSON document. */
export function faultDocument({ code, problems }: FaultReport): unknown {
  return { error: { code, problems } };
}
