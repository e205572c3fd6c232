import { setTimeout as sleep } from 'node:timers/promises';

/** An answer that was no failure of whoever gave it. */
interface Answered {
  readonly status: number;
  readonly body: unknown;
}

/** Asks dispatchers, one after the other, until one of them answers; whatever is asked must be fit to be asked twice. */
export interface PatientClient {
  ask(method: string, path: string, body?: unknown): Promise<Answered>;
  /** How often it had to ask again. */
  retries(): number;
}

const PATIENCE_MS = 3_000;
const GIVE_UP_MS = 120_000;
const PAUSE_MS = 200;

export function patientClient(urls: readonly string[], token: string): PatientClient {
  let [turn, retries] = [0, 0];
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  async function once(method: string, path: string, body: unknown): Promise<Answered | undefined> {
    turn += 1;
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    try {
      const response = await fetch(`${urls[turn % urls.length]}${path}`, {
        method,
        headers,
        signal,
        ...content,
      });
      const text = await response.text();
      const isWorthAsking = response.status >= 500 || response.status === 429;
      return isWorthAsking ? undefined : { status: response.status, body: JSON.parse(text || 'null') };
    } catch {
      return undefined;
    }
  }
  return {
    async ask(method, path, body) {
      for (const giveUp = Date.now() + GIVE_UP_MS; Date.now() < giveUp; retries += 1) {
        const answer = await once(method, path, body);
        if (answer !== undefined) return answer;
        await sleep(PAUSE_MS);
      }
      throw new Error(`nobody answered ${method} ${path}`);
    },
    retries: () => retries,
  };
}
