import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';

/** A moment of a request: before the dispatcher hears it, or when it has answered and nobody knows yet. */
export type Moment = `${'before' | 'after'} ${'take' | 'landed'}`;

/** Stands between command lines and a dispatcher. */
export interface Gate extends AsyncDisposable {
  readonly url: string;
  /** Called at each moment; what it answers false to is lost. */
  at: (moment: Moment) => boolean;
}

export async function openGate(dispatcher: string): Promise<Gate> {
  const server = createServer(async (request, response) => {
    const name = /\/(take|landed)$/.exec(request.url ?? '')?.[1] as 'take' | 'landed' | undefined;
    const body = await whole(request);
    if (name !== undefined && !gate.at(`before ${name}`)) return request.socket.destroy();
    const { authorization = '', 'content-type': type } = request.headers;
    const answer = await fetch(`${dispatcher}${request.url}`, {
      method: request.method ?? 'GET',
      headers: { authorization, ...(type !== undefined && { 'content-type': type }) },
      ...(body.length > 0 && { body }),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (name !== undefined && !gate.at(`after ${name}`)) return request.socket.destroy();
    const kind = answer.headers.get('content-type') ?? 'application/json';
    response.writeHead(answer.status, { 'content-type': kind }).end(bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const gate: Gate = {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    at: () => true,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return gate;
}

async function whole(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.from(Buffer.concat(parts));
}
