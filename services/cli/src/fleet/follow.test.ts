import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RunId } from '@drylane/proto/ids';
import type { RunState } from '@drylane/proto/lifecycle';
import { afterEach, describe, expect, it } from 'vitest';
import { addressOf } from './address.ts';
import type { RunView } from './answers.ts';
import { createClient, TERMS } from './client.ts';
import { followRun } from './follow.ts';

const ID = RunId.parse(`run_${'0'.repeat(26)}`);
let server: Server;
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const viewOf = (state: RunState): RunView => ({
  ...{ id: ID, task: null, state, reason: null, command: 'ls', risk_level: null, evidence_digest: null },
  ...{ promote: false, owner: 'w', created_ms: 0 },
});

/** A dispatcher whose run is where `state` says, and whose streams go as `stream` says. */
async function facing(
  state: () => RunState,
  stream: (request: IncomingMessage, response: ServerResponse, count: number) => void,
) {
  let streams = 0;
  server = createServer((request, response) => {
    if (request.url === `/v1/runs/${ID}`) return void response.end(JSON.stringify(viewOf(state())));
    if (request.url?.endsWith('follow=false'))
      return void response.end(JSON.stringify([{ sequence: 3 }, { sequence: 7 }]));
    streams += 1;
    response.write('retry: 100\n\n');
    stream(request, response, streams);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const patience = { tries: 2, firstMs: 1, longestMs: 10 };
  return createClient(addressOf(`http://127.0.0.1:${port}`, { DRYLANE_TOKEN: 'x' }), { ...TERMS, patience });
}

const moved = (id: number, to: RunState): string =>
  `id: ${id}\nevent: moved\ndata: ${JSON.stringify({ sequence: id, event: { type: 'moved', to } })}\n\n`;

describe('following a run', () => {
  it('goes on after the last event when the connection is lost, and tells each move once', async () => {
    const asked: (string | string[] | undefined)[] = [];
    let state: RunState = 'rehearsing';
    const client = await facing(
      () => state,
      (request, response, count) => {
        asked.push(request.headers['last-event-id']);
        if (count === 1) {
          response.write(moved(2, 'rehearsing'), () => request.socket.destroy());
          return;
        }
        state = 'promotable';
        response.end(moved(3, 'promotable'));
      },
    );
    const moves: RunState[] = [];
    const run = await followRun(client, viewOf('submitted'), {
      ...{ until: (at) => at === 'promotable', onMove: (at) => moves.push(at) },
    });
    expect(run.state).toBe('promotable');
    expect(moves).toEqual(['rehearsing', 'promotable']);
    expect(asked).toEqual([undefined, '2']);
  });

  it('begins after what was before, where the run is on its way already', async () => {
    const asked: (string | string[] | undefined)[] = [];
    let state: RunState = 'promotable';
    const client = await facing(
      () => state,
      (request, response) => {
        asked.push(request.headers['last-event-id']);
        state = 'promoted';
        response.end(moved(8, 'promoting') + moved(9, 'promoted'));
      },
    );
    const moves: RunState[] = [];
    const following = { until: () => false, onMove: (at: RunState) => moves.push(at) };
    expect((await followRun(client, viewOf('promotable'), following)).state).toBe('promoted');
    expect([asked, moves]).toEqual([['7'], ['promoting', 'promoted']]);
  });

  it('believes no event that the run itself does not bear out', async () => {
    let state: RunState = 'rehearsing';
    const client = await facing(
      () => state,
      (_, response, count) => {
        if (count === 2) state = 'blocked';
        response.end(moved(count, 'promoted'));
      },
    );
    const run = await followRun(client, viewOf('submitted'), { until: () => false, onMove: () => undefined });
    expect(run.state).toBe('blocked');
  });

  it.each(['data: nonsense\n\n', `data: {"event":{"type":"moved","to":"\\u001b[2J"}}\n\n`])(
    'gives up on a server that only ever sends %j, and says that the run goes on',
    async (frame) => {
      const client = await facing(
        () => 'rehearsing',
        (_, response) => void response.end(frame),
      );
      const following = { until: () => false, onMove: () => undefined, patienceMs: 300 };
      await expect(followRun(client, viewOf('submitted'), following)).rejects.toMatchObject({
        code: 'unavailable',
        problems: [{ mend: expect.stringContaining(`drylane show ${ID}`) }],
      });
    },
  );
});
