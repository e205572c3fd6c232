import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';

/** One request that reached the server. */
export interface Seen {
  readonly url: string;
  readonly authorization: string | null;
}

/** A server of this machine, in a process of its own: it answers while this one waits for a command line to end. */
export async function listen() {
  const child = fork(import.meta.filename, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const told = async (): Promise<unknown> => (await once(child, 'message'))[0];
  const port = (await told()) as number;
  return {
    port,
    /** Every request up to now. */
    async seen(): Promise<readonly Seen[]> {
      child.send('seen');
      return (await told()) as readonly Seen[];
    },
    async close() {
      child.kill();
      await once(child, 'exit');
    },
  };
}

function serve(): void {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const { url = '', headers } = request;
    seen.push({ url, authorization: headers.authorization ?? null });
    response.end('Keep it simple.\n');
  });
  process.on('message', () => process.send?.(seen));
  server.listen(0, '0.0.0.0', () => {
    const address = server.address();
    process.send?.(typeof address === 'object' ? address?.port : null);
  });
}

if (import.meta.main) serve();
