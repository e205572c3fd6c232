import { inject } from '@drylane/chassis/tracing/tracing';
import type { RunId } from '@drylane/proto/ids';
import type { Claim, Landed } from '@drylane/proto/task';

/** What is known of a claim. Only `claimed` lets anything be touched. */
export type ClaimAnswer =
  | { readonly result: 'claimed' }
  | { readonly result: 'refused'; readonly status: number }
  /** Whether the dispatcher heard it, nobody can tell. */
  | { readonly result: 'unknown'; readonly why: string };

/**
 * Whether the dispatcher knows now how a claim ended: it was told, or no longer waits for that. `not-ours`: it has no claim
 * of this worker on that run, or this worker may not speak of claims at all.
 */
export type TellAnswer = 'told' | 'settled-before' | 'not-ours' | 'not-told';

/** The dispatcher, as far as a live worker speaks with it. Nothing is thrown. */
export interface Dispatcher {
  claim(run: RunId, claim: Claim): Promise<ClaimAnswer>;
  settle(run: RunId, landed: Landed): Promise<TellAnswer>;
}

export interface DispatcherOptions {
  readonly url: string;
  readonly token: string;
  readonly patienceMs: number;
}

/** Answers that say that the claim was not taken; any other may have been written by somebody in between. */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 404, 409, 410, 413, 415, 422, 429]);
const MOST_BYTES = 64 * 1024;

/** Speaks with a dispatcher over HTTP: no redirect is followed, and an answer is neither waited for nor read without end. */
export function dispatcherAt({ url, token, patienceMs }: DispatcherOptions): Dispatcher {
  const base = url.endsWith('/') ? url : `${url}/`;
  const post = async (path: string, body: unknown): Promise<number> => {
    const response = await fetch(new URL(path, base), {
      method: 'POST',
      redirect: 'manual',
      headers: { ...inject(), 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(patienceMs),
    });
    await readAway(response);
    return response.status;
  };
  return {
    async claim(run, claim) {
      try {
        const status = await post(`v1/runs/${run}/claim`, claim);
        if (status >= 200 && status < 300) return { result: 'claimed' };
        if (REFUSALS.has(status)) return { result: 'refused', status };
        return { result: 'unknown', why: `the dispatcher answered ${status}` };
      } catch (fault) {
        return { result: 'unknown', why: whyOf(fault) };
      }
    },
    async settle(run, landed) {
      try {
        const status = await post(`v1/runs/${run}/settle`, landed);
        if (status === 409) return 'settled-before';
        if (status === 403) return 'not-ours';
        return status >= 200 && status < 300 ? 'told' : 'not-told';
      } catch {
        return 'not-told';
      }
    },
  };
}

/** Reads an answer to its end, so that it counts only when it came whole; one without an end is none. */
async function readAway({ body }: Response): Promise<void> {
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error('the dispatcher answers without end');
  }
}

/** Never the address or the system's words: they go into a queue. */
function whyOf(fault: unknown): string {
  const isLate = fault instanceof Error && fault.name === 'TimeoutError';
  return isLate ? 'the dispatcher did not answer in time' : 'the dispatcher cannot be reached';
}
