/** Every way drylane refuses or stops, by code; the command line's exit status follows from it. */
export const ERROR_CODES = {
  'bad-input': { exit: 2, title: 'the input was refused' },
  'bad-policy': { exit: 2, title: 'the policy was refused' },
  'not-found': { exit: 2, title: 'nothing is known by that name' },
  'not-promotable': { exit: 2, title: 'the run cannot be promoted' },
  'approval-needed': { exit: 11, title: 'a person has to approve it first' },
  'machine-unfit': { exit: 3, title: 'this machine cannot do it' },
  unavailable: { exit: 3, title: 'a service cannot be reached' },
  'sandbox-failed': { exit: 1, title: 'the sandbox broke' },
  'illegal-transition': { exit: 1, title: 'a run cannot go from that state to this one' },
  internal: { exit: 1, title: 'something went wrong inside drylane' },
} as const satisfies Record<string, { exit: number; title: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** One thing wrong, where it stands, and what to do about it. */
export interface Problem {
  /** Dotted path of the field, a flag, or a `file:line:column`. */
  readonly field: string;
  readonly message: string;
  readonly mend: string;
}

/** The only error class drylane throws on purpose: a closed code, the problems, and the cause kept. */
export class DrylaneError extends Error {
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];

  constructor(code: ErrorCode, problems: Problem | readonly Problem[], options?: { cause?: unknown }) {
    const list: readonly Problem[] = 'field' in problems ? [problems] : problems;
    super(list.map((p) => `${p.field}: ${p.message}`).join('; ') || ERROR_CODES[code].title, options);
    this.name = 'DrylaneError';
    this.code = code;
    this.problems = list;
  }
}
