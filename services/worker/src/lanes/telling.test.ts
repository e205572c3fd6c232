import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@drylane/chassis/logger/logger';
import { createRedactor } from '@drylane/chassis/redact/redact';
import { runId } from '@drylane/proto/ids';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dispatcherAt } from './claims.ts';
import { openNotes } from './notes.ts';
import { endOf, tellAll } from './telling.ts';
import { createTurns } from './turns.ts';

let stateDir = '';
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'drylane-telling-'));
});
afterEach(() => rmSync(stateDir, { recursive: true }));

it.each([
  ['rerun', true, { result: 'ended', promotion: { mode: 'rerun', result: 'unknown' } }],
  ['rerun', false, { result: 'rolled-back', reason: 'it died' }],
  ['apply', true, { result: 'rolled-back', reason: 'it died' }],
  ['apply', false, { result: 'rolled-back', reason: 'it died' }],
] as const)('a claim by %s that was heard (%s) and has no journal ends so', async (mode, heard, end) => {
  const note = { run: runId(0, new Uint8Array(10)), owner: 'worker.1', landed: null, mode, heard };
  expect(await endOf(stateDir, note, 'it died')).toMatchObject(end);
});

it('how a claim ended is told, however long the command of another one runs', async () => {
  const server = createServer((_, response) => void response.writeHead(204).end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const [notes, turns] = [openNotes(stateDir), createTurns()];
  const log = createLogger({
    ...{ service: 'worker', level: 'fatal', redactor: createRedactor([]) },
    sink: { write: () => undefined, flush: async () => undefined },
  });
  const [long, ended] = [runId(1, new Uint8Array(10)), runId(2, new Uint8Array(10))];
  for (const run of [long, ended])
    notes.write({ run, mode: 'rerun', owner: `me.${run}`, heard: true, landed: null });
  const { promise, resolve } = Promise.withResolvers<void>();
  const running = turns(long, () => promise);
  try {
    const dispatcher = dispatcherAt({ url, token: 't', patienceMs: 1000 });
    await tellAll({ stateDir, notes, dispatcher, turns, log });
    expect(notes.runs()).toEqual([long]);
    resolve();
    await running;
    await tellAll({ stateDir, notes, dispatcher, turns, log });
    expect(notes.runs()).toEqual([]);
  } finally {
    server.close();
  }
});
