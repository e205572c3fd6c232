import { setTimeout as sleep } from 'node:timers/promises';

/** What an answer says of a run. */
interface RunView {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly [field: string]: unknown;
}

type Headers = Readonly<Record<string, string>>;

/** Asks a dispatcher over HTTP, and nothing else. */
export interface Client {
  /** Any request; its answer as it is. */
  ask(method: string, path: string, body?: unknown, headers?: Headers): Promise<Response>;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown, headers?: Headers): Promise<T>;
  /** Submits an envelope; answers the run. */
  submit(envelope: object, promote?: boolean, headers?: Headers): Promise<RunView>;
  /** Waits until a run is in one of these states. */
  until(id: string, ...states: readonly string[]): Promise<RunView>;
  /** Says a person's word on what they were shown. */
  decide(id: string, decision: 'approve' | 'reject'): Promise<Response>;
}

const PATIENCE_MS = 60_000;

/** A client with a token, or without one. */
export function createClient(url: string, token: string | null): Client {
  const ask: Client['ask'] = (method, path, body, headers) => {
    const isStream = body instanceof Uint8Array;
    const type = isStream ? 'application/x-tar' : 'application/json';
    return fetch(`${url}${path}`, {
      method,
      headers: {
        ...headers,
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': type }),
      },
      ...(body === undefined ? {} : { body: isStream ? Buffer.from(body) : JSON.stringify(body) }),
    });
  };
  const json = async <T>(response: Response): Promise<T> => {
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
  const client: Client = {
    ask,
    get: async (path) => json(await ask('GET', path)),
    post: async (path, body, headers) => json(await ask('POST', path, body, headers)),
    submit: (envelope, promote = false, headers = {}) =>
      client.post(`/v1/runs?promote=${promote}`, envelope, headers),
    async until(id, ...states) {
      const giveUp = Date.now() + PATIENCE_MS;
      for (;;) {
        const run = await client.get<RunView>(`/v1/runs/${id}`);
        if (states.includes(run.state)) return run;
        if (Date.now() > giveUp) throw new Error(`${id} is ${run.state}: ${run.reason}`);
        await sleep(50);
      }
    },
    async decide(id, decision) {
      const { bound } = await client.get<{ readonly bound: string }>(`/v1/runs/${id}/subject?lane=live`);
      return ask('POST', `/v1/runs/${id}/approvals`, { lane: 'live', decision, comment: null, bound });
    },
  };
  return client;
}
