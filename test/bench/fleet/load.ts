import { Agent, request } from 'node:http';

/** What came of requests that were sent as fast as they were answered. */
export interface Load {
  readonly perSecond: number;
  /** How long each answer took, in milliseconds. */
  readonly times: readonly number[];
}

export interface Target {
  /** Where dispatchers listen; each request goes to the next of them. */
  readonly urls: readonly string[];
  readonly token: string;
}

/** As many as a dispatcher has on its hands at once, over connections that are kept. */
const IN_FLIGHT = 32;

/** Submits an envelope so many times. @throws where one is not taken in. */
export async function submitMany({ urls, token }: Target, envelope: object, count: number): Promise<Load> {
  const agent = new Agent({ keepAlive: true });
  const body = Buffer.from(JSON.stringify(envelope));
  const headers = {
    ...{ authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    'content-length': body.length,
  };
  const times: number[] = [];
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) {
      const url = urls[next % urls.length];
      next += 1;
      const startedAt = performance.now();
      const { status } = await ask(`${url}/v1/runs`, agent, headers, body);
      if (status !== 202) throw new Error(`a submission in the bench was answered ${status}`);
      times.push(performance.now() - startedAt);
    }
  };
  const startedAt = performance.now();
  try {
    await Promise.all(Array.from({ length: IN_FLIGHT }, one));
  } finally {
    agent.destroy();
  }
  return { perSecond: (count * 1000) / (performance.now() - startedAt), times };
}

type Headers = Readonly<Record<string, string | number>>;

/** Sends it over plain HTTP, which costs this process less than `fetch`: it has its cores in common with the fleet. */
function ask(
  url: string,
  agent: Agent,
  headers: Headers,
  body: Buffer,
): Promise<{ readonly status: number }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume().once('error', reject);
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0 }));
    });
    sent.once('error', reject).end(body);
  });
}
