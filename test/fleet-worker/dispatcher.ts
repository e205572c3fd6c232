import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Claim, Landed } from '@drylane/proto/task';

/** What a worker asked of a dispatcher. */
type Asked =
  | { readonly what: 'claim'; readonly run: string; readonly claim: Claim }
  | { readonly what: 'settle'; readonly run: string; readonly landed: Landed };

/** How a claim is answered; `deaf` never hears of it, `hang` hears it and says nothing. */
export type Manner = 'ledger' | 'deaf' | 'hang' | 'fail' | 'redirect' | 'endless';

/** The other end of the contract between live workers and dispatchers: it lets a run be claimed once. */
export interface StandIn extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly Asked[];
  manner: Manner;
  /** Waits for something that was asked. */
  heard(is: (asked: Asked) => boolean): Promise<Asked>;
}

export const TOKEN = 'a-token-of-the-worker';

const PATH = /^\/v1\/runs\/([^/]+)\/(claim|settle)$/;

const ANSWERS: Readonly<Record<Manner, (response: ServerResponse, isFree: boolean) => void>> = {
  ledger: (response, isFree) => void response.writeHead(isFree ? 204 : 409).end(),
  hang: () => undefined,
  deaf: (response) => void response.writeHead(503).end(),
  fail: (response) => void response.writeHead(502).end(),
  redirect: (response) => void response.writeHead(307, { location: '/elsewhere' }).end(),
  endless: (response) => void response.writeHead(200).end('x'.repeat(2 ** 20)),
};

/** Starts one. What it is asked in another way than agreed ends the test's process. */
export async function startDispatcher(): Promise<StandIn> {
  const asked: Asked[] = [];
  const owners = new Map<string, string>();
  let wake = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    const [, run = '', what = ''] = PATH.exec(request.url ?? '') ?? [];
    const body: unknown = JSON.parse((await buffer(request)).toString());
    if (request.headers.authorization !== `Bearer ${TOKEN}`) response.writeHead(401).end();
    else if (what === 'claim') claim(run, Claim.parse(body), response);
    else settle(run, Landed.parse(body), response);
    wake.resolve();
    wake = Promise.withResolvers();
  });
  const claim = (run: string, made: Claim, response: ServerResponse): void => {
    // Whoever has it may ask again.
    const isFree = (owners.get(run) ?? made.owner) === made.owner;
    if (isFree && standIn.manner !== 'deaf') owners.set(run, made.owner);
    asked.push({ what: 'claim', run, claim: made });
    ANSWERS[standIn.manner](response, isFree);
  };
  const settle = (run: string, landed: Landed, response: ServerResponse): void => {
    const owner = owners.get(run);
    asked.push({ what: 'settle', run, landed });
    response.writeHead(owner === undefined ? 403 : owner === landed.owner ? 204 : 409).end();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const standIn: StandIn = {
    ...{ url: `http://127.0.0.1:${port}`, asked, manner: 'ledger' as Manner },
    async heard(is) {
      for (;;) {
        const found = asked.find(is);
        if (found !== undefined) return found;
        await wake.promise;
      }
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return standIn;
}
