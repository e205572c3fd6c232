import { commitRows } from '@drylane/dispatcher/ledger/commits.fixture';
import type { Fleet } from '../../fleet-journey/fleet.ts';
import { type Load, submitMany } from './load.ts';

/** What was submitted, and what the server of the ledger did by itself in the same minutes; one value for each round. */
export interface SubmissionCost {
  readonly one: readonly Load[];
  /** Of all its dispatchers, where there are more than one. */
  readonly two: readonly Load[];
  /** Commits a second, of a row each. */
  readonly commits: readonly number[];
}

/** As many as a dispatcher has to its ledger. */
const CONNECTIONS = 10;

/**
 * Submits to the first of a fleet's dispatchers, and to all where there are more, turn by turn with bare commits, `count` times
 * each in a round. The first of several rounds warms caches, and counts only where it is the only one.
 */
export async function submissionCost(
  fleet: Fleet,
  { rounds, count, envelope }: { readonly rounds: number; readonly count: number; readonly envelope: object },
): Promise<SubmissionCost> {
  const token = await fleet.token('submitter', 'load');
  const urls = fleet.urls();
  const cost = { one: [] as Load[], two: [] as Load[], commits: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const commits = await commitRows(fleet.database, { rows: count, connections: CONNECTIONS });
    const one = await submitMany({ urls: urls.slice(0, 1), token }, envelope, count);
    const two = urls.length < 2 ? [] : [await submitMany({ urls, token }, envelope, count)];
    if (round === 0 && rounds > 1) continue;
    cost.commits.push(commits);
    cost.one.push(one);
    cost.two.push(...two);
  }
  return cost;
}
