import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runId } from '@drylane/proto/ids';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { endOf } from './telling.ts';

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
