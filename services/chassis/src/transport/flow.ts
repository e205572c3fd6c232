import { DrylaneError, type Problem } from '@drylane/proto/errors';
import type { Flow, Json } from './transport.ts';

/** The last priority there is. */
export const LAST_PRIORITY = 2_000_000;

/** How often a step may be begun at all. */
export const MOST_ATTEMPTS = 1000;

const SOONEST_AGAIN_MS = 100;
const LATEST_AGAIN_MS = 10_000;

/** How long a step waits that has failed so many times, before it is begun again: what it needs may be starting anew. */
export const pauseMs = (failures: number): number =>
  Math.min(SOONEST_AGAIN_MS * 2 ** (failures - 1), LATEST_AGAIN_MS);

const NAME = /^[A-Za-z][A-Za-z0-9._-]{0,199}$/;
const REASON = 500;

/**
 * Whether a flow can be brought through these queues, in any transport.
 * @throws DrylaneError `internal` that names everything wrong: a flow is made by our own code.
 */
export function checkFlow(flow: Flow, queues: readonly string[]): void {
  const visited = flow.steps.map((step) => step.queue);
  const problems: Problem[] = [];
  if (!NAME.test(flow.id))
    problems.push(wrong('id', 'is no name', 'begin with a letter; use A-Z a-z 0-9 . _ -'));
  if (visited.length === 0) problems.push(wrong('steps', 'are none', 'give at least one'));
  if (!isWithin(flow.priority, 0, LAST_PRIORITY))
    problems.push(wrong('priority', 'is none', `give an integer from 0 to ${LAST_PRIORITY}`));
  for (const [i, { queue, attempts }] of flow.steps.entries()) {
    if (!queues.includes(queue)) problems.push(unknownQueue(`steps.${i}.queue`, queues));
    if (visited.indexOf(queue) !== i)
      problems.push(wrong(`steps.${i}.queue`, 'is visited twice', 'visit a queue once'));
    if (!isWithin(attempts, 1, MOST_ATTEMPTS))
      problems.push(
        wrong(
          `steps.${i}.attempts`,
          'is no number of attempts',
          `give an integer from 1 to ${MOST_ATTEMPTS}`,
        ),
      );
  }
  if (problems.length > 0) throw new DrylaneError('internal', problems);
}

/** Whether a queue is one of those that the transport was made for. @throws DrylaneError `internal` */
export function checkQueue(queue: string, queues: readonly string[]): void {
  if (!queues.includes(queue)) throw new DrylaneError('internal', unknownQueue('queue', queues));
}

/** Whether names can name queues. @throws DrylaneError `internal` */
export function checkNames(queues: readonly string[]): void {
  if (queues.every((queue) => NAME.test(queue))) return;
  throw new DrylaneError(
    'internal',
    wrong('queues', 'are no names', 'begin with a letter; use A-Z a-z 0-9 . _ -'),
  );
}

const isWithin = (value: number, from: number, to: number): boolean =>
  Number.isInteger(value) && value >= from && value <= to;

const wrong = (field: string, message: string, mend: string): Problem => ({
  field: `flow.${field}`,
  message,
  mend,
});

const unknownQueue = (field: string, queues: readonly string[]): Problem =>
  wrong(field, 'is no queue of this transport', `name one of ${queues.join(', ')}`);

/** The error of a transport that was closed. */
export function closedError(): DrylaneError {
  return new DrylaneError('unavailable', {
    field: 'queue',
    message: 'this process takes no more work',
    mend: 'ask another, or again when it has started anew',
  });
}

/** Why a step failed, in at most 500 characters, whatever was thrown. */
export function reasonOf(thrown: unknown): string {
  const words = thrown instanceof Error ? thrown.message : typeof thrown === 'string' ? thrown : '';
  return words === '' ? 'no reason was given' : words.slice(0, REASON).toWellFormed();
}

/** Why a step that was begun as often as it may be, and never came to an end, is given up. */
export function lostReason(attempts: number): string {
  return `it was begun ${attempts === 1 ? 'once' : `${attempts} times`}, and whoever worked on it did not come to an end`;
}

/** A value as it comes out at the other end of a queue: a copy, in which only what JSON can say is left. */
export function carried(value: Json): Json {
  return JSON.parse(JSON.stringify(value));
}
