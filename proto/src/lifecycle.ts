import { DrylaneError } from './errors.ts';

/** The states of a run and the moves that are allowed between them. ARCHITECTURE.md draws the same table. */
export const TRANSITIONS = {
  submitted: ['refused', 'awaiting-rehearsal-approval', 'rehearsing', 'cancelled'],
  'awaiting-rehearsal-approval': ['rehearsing', 'rejected', 'expired', 'cancelled'],
  rehearsing: ['blocked', 'inconclusive', 'awaiting-live-approval', 'promotable'],
  'awaiting-live-approval': ['promotable', 'rejected', 'expired', 'cancelled'],
  promotable: ['promoting', 'rejected', 'expired', 'cancelled'],
  // Back only when it is proven that nothing of it landed, as on a full disk.
  promoting: ['promoted', 'drifted', 'diverged', 'unknown', 'promotable'],
  refused: [],
  blocked: [],
  inconclusive: [],
  promoted: [],
  drifted: [],
  diverged: [],
  unknown: [],
  rejected: [],
  expired: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

export type RunState = keyof typeof TRANSITIONS;

/** Every state, in the order of a run's life. */
export const RUN_STATES = Object.keys(TRANSITIONS) as readonly RunState[];

/** Whether nothing follows a state. */
export function isEnd(state: RunState): boolean {
  return TRANSITIONS[state].length === 0;
}

/** The state a run goes to, or an `illegal-transition` that names both. */
export function transition(from: RunState, to: RunState): RunState {
  if ((TRANSITIONS[from] as readonly string[]).includes(to)) return to;
  throw new DrylaneError('illegal-transition', {
    field: 'state',
    message: `${from} → ${to} is not a move a run can make`,
    mend:
      TRANSITIONS[from].length === 0 ? 'submit a new run' : `from ${from}: ${TRANSITIONS[from].join(', ')}`,
  });
}
