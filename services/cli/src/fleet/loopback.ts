import { type IncomingMessage, request } from 'node:http';
import type { Sent, Request as Wanted } from './client.ts';

/** Sends a request over http, and loads nothing that only other hosts need: `fetch` takes longer to load than this to answer. */
export function sendPlain(url: string, { method, headers, body, signal }: Wanted): Promise<Sent> {
  if (body !== undefined && typeof body !== 'string')
    return Promise.reject(new TypeError('a stream is not sent plainly'));
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, signal }, (message) => resolve(sentBy(message, signal)));
    // Whoever reads the answer is told by it; here, so that a later one is nobody's crash.
    asked.on('error', reject);
    asked.end(body);
  });
}

function sentBy(message: IncomingMessage, signal: AbortSignal): Sent {
  return {
    status: message.statusCode ?? 0,
    headers: {
      get(name) {
        const value = message.headers[name.toLowerCase()];
        return typeof value === 'string' ? value : null;
      },
    },
    body: bytesOf(message, signal),
  };
}

/** Its bytes; where they were stopped, the reason is why, and not that the connection broke by it. */
async function* bytesOf(
  message: IncomingMessage,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* message;
  } catch (cause) {
    throw signal.aborted ? signal.reason : cause;
  }
}
