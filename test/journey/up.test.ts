import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Execution } from '@drylane/proto/promotion';
import { describe, expect, it } from 'vitest';
import { DRYLANE, drylane, drylaneJson } from './drylane.ts';
import { makePlace } from './place.ts';
import { atTerminal } from './terminal.ts';
import { startUp, type Up } from './up.ts';

interface RunRow {
  readonly id: string;
  readonly state: string;
  readonly owner: string;
  readonly submitter: string;
}

const NOTE = ['--expect', 'note.txt', '--', 'echo more >> note.txt'];
const APPROVE = { at: 'Type "approve"', type: 'approve\r' };

async function placeWithNote() {
  const place = await makePlace('up');
  await writeFile(join(place.site, 'note.txt'), 'one\n');
  const flags = ['--state', place.state];
  const say = (...args: readonly string[]) => drylane([...args, ...flags], { cwd: place.site });
  const json = <T>([verb = '', ...args]: readonly string[]) =>
    drylaneJson<T>([verb, ...flags, ...args], { cwd: place.site });
  return {
    ...place,
    say,
    json,
    up: (...more: readonly string[]) => startUp({ cwd: place.site, state: place.state, flags: more }),
    note: () => readFile(join(place.site, 'note.txt'), 'utf8'),
    runs: () => json<{ runs: RunRow[] }>(['runs']).document.runs,
  };
}

const envelopeIn = (site: string, command: string, more: object = {}) => ({
  ...{ command, working_dir: site },
  intent: { mode: 'mutating', expected_writes: ['note.txt'] },
  ...more,
});

/** The state that a run comes to, other than those it passes through. */
async function settled(up: Up, id: string): Promise<string> {
  for (;;) {
    const { body } = await up.ask<RunRow>(`/v1/runs/${id}`);
    if (!['submitted', 'rehearsing', 'promoting'].includes(body.state)) return body.state;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Runs that one command of the command line, and answers with its exit status. */
function startRehearsal(cwd: string, state: string, command: string): Promise<number | null> {
  const words = ['rehearse', '--state', state, '--expect', 'note.txt', '--', command];
  const child = spawn(process.execPath, [DRYLANE, ...words], { cwd, stdio: 'ignore' });
  return new Promise((resolve) => child.once('exit', resolve));
}

/** Rehearsals of a state directory that still stand: their own directories, and what is mounted there. */
async function leftIn(state: string): Promise<readonly string[]> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .filter((line) => line.includes(state));
  return [...mounts, ...(await readdir(join(state, 'sandboxes')).catch(() => []))];
}

/** What differs from one run of the same command to the next, left out. */
function lasting({ document, status }: { document: Execution; status: number | null }) {
  const { verdict, risk, findings, change_set, receipt, task } = document;
  const { exit_code, changes, stdout, steps } = document.evidence;
  const seen = { exit_code, changes, stdout, steps: steps.map(({ text }) => text) };
  return { verdict, risk, findings, change_set, task, seen, status, receipt: receipt?.sequence };
}

describe('drylane up', () => {
  it('rehearses for the command line, which says what it says without', async () => {
    await using place = await placeWithNote();
    await using alone = await placeWithNote();
    await using _ = await place.up();
    for (const words of [
      ['--read-only', '--', 'echo x > surprise'],
      ['--read-only', '--', 'rm -rf /'],
    ]) {
      const near = place.json<Execution>(['rehearse', ...words]);
      const here = alone.json<Execution>(['rehearse', ...words]);
      expect({ words, ...lasting(near) }).toEqual({ words, ...lasting(here) });
    }
    const block = (text: string) => text.replace(/run_\w+/g, 'RUN').replaceAll(alone.state, place.state);
    const [near, here] = [place, alone].map(({ say }) => say('rehearse', ...NOTE));
    expect(block(near?.stdout ?? '')).toBe(block(here?.stdout ?? 'nothing'));
    expect(near?.stderr).toBe('');
    const refused = [place, alone].map(({ say }) => say('rehearse', '--image', 'other', ...NOTE));
    expect([refused[0]?.status, refused[0]?.stderr]).toEqual([2, refused[1]?.stderr]);
    expect(place.runs().map(({ owner }) => owner)).toEqual(Array(4).fill('fleet'));
  });

  it('leaves what it does not take to the command line, which does not speak to whoever says that they are it', async () => {
    await using place = await placeWithNote();
    await using _ = await place.up();
    // Another policy, a secret that would have to be kept, another place.
    expect(place.say('rehearse', '--policy', 'open', ...NOTE).status).toBe(0);
    const secret = `echo ghp_${'a1B2'.repeat(9)} >> note.txt`;
    expect(place.say('rehearse', '--expect', 'note.txt', '--', secret).status).not.toBe(2);
    const elsewhere = ['rehearse', '--read-only', '--state', place.state, '--', 'ls'];
    expect(drylane(elsewhere, { cwd: await mkdtemp(join(place.root, 'other-')) }).status).toBe(0);

    // Somebody else could have said that it is there.
    const asked: unknown[] = [];
    await using server = createServer((request) => asked.push(request.url)).listen(0, '127.0.0.1');
    await until(async () => server.listening);
    const file = join(place.state, 'up', 'up.json');
    const { port } = server.address() as AddressInfo;
    const said = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...said, url: `http://127.0.0.1:${port}` }));
    await chmod(file, 0o666);
    expect(place.say('rehearse', ...NOTE).status).toBe(0);
    // What had come while the command line ran would be heard of now.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(asked).toEqual([]);
    expect(place.runs().map(({ owner }) => owner === 'fleet')).toEqual(Array(4).fill(false));
  });

  it('lets nobody approve but a person at a terminal, and then lands what was asked to', async () => {
    await using place = await placeWithNote();
    await using up = await place.up();
    const done = place.json<Execution>(['execute', ...NOTE]);
    expect([done.status, done.document.state, await place.note()]).toEqual([0, 'promoted', 'one\nmore\n']);

    const risky = "sed -i 's/one/two/' note.txt";
    expect(place.say('execute', '--expect', 'note.txt', '--', risky).status).toBe(11);
    const { body: run } = await up.ask<RunRow>('/v1/runs?promote=true', envelopeIn(place.site, risky));
    expect(await settled(up, run.id)).toBe('awaiting-live-approval');
    expect(run.submitter).toMatch(/^process:/);
    const { body: sheet } = await up.ask<{ bound: string }>(`/v1/runs/${run.id}/subject?lane=live`);
    const word = { lane: 'live', decision: 'approve', comment: null, bound: sheet.bound };
    expect((await up.ask(`/v1/runs/${run.id}/approvals`, word)).status).toBe(403);
    expect((await up.ask('/v1/tokens', { name: 'a', role: 'approver', tenant: 'local' })).status).toBe(403);
    expect(place.say('approve', run.id).status).toBe(11);
    expect(await place.note()).toBe('one\nmore\n');

    const { status } = await atTerminal(['approve', run.id, '--state', place.state], {
      ...{ cwd: place.site, answers: [APPROVE] },
    });
    expect(status).toBe(0);
    await until(async () => (await settled(up, run.id)) === 'promoted');
    expect(await place.note()).toBe('two\nmore\n');
    const receipts = join(place.root, 'receipts');
    await writeFile(receipts, place.say('receipt', '--all').stdout);
    expect(place.say('verify', receipts).status).toBe(0);
  });

  it('has its state directory alone, and finishes what runs when it is told to end', async () => {
    await using place = await placeWithNote();
    await using up = await place.up();
    const second = place.say('up');
    expect([second.status, second.stderr]).toEqual([3, expect.stringContaining('a drylane up has')]);

    const slow = startRehearsal(place.site, place.state, 'sleep 1; echo more >> note.txt');
    await until(
      async () => (await up.ask<{ runs: RunRow[] }>('/v1/runs')).body.runs[0]?.state === 'rehearsing',
    );
    const ending = up.end('SIGTERM');
    const late = place.json<Execution>(['rehearse', ...NOTE]);
    expect(late.status).toBe(0);
    expect([await slow, await ending]).toEqual([0, 0]);
    expect(place.runs().map(({ owner, state }) => [owner === 'fleet', state])).toEqual([
      [false, 'promotable'],
      [true, 'promotable'],
    ]);
    expect(await readdir(join(place.state, 'up'))).toEqual([]);
    expect(await leftIn(place.state)).toEqual([]);
  });

  it('is missed by nobody when it is killed, and goes on with what it had taken', async () => {
    await using place = await placeWithNote();
    const up = await place.up('--concurrency', '1');
    const envelope = envelopeIn(place.site, 'sleep 1; echo more >> note.txt');
    const taken = [await up.ask<RunRow>('/v1/runs', envelope), await up.ask<RunRow>('/v1/runs', envelope)];
    await until(
      async () => (await up.ask<RunRow>(`/v1/runs/${taken[0]?.body.id}`)).body.state === 'rehearsing',
    );
    expect(await up.end('SIGKILL')).toBe('SIGKILL');
    expect(existsSync(join(place.state, 'up', 'up.json'))).toBe(true);
    expect(place.say('rehearse', ...NOTE).status).toBe(0);

    await using again = await place.up();
    for (const { body } of taken) expect(await settled(again, body.id)).toBe('promotable');
    expect(await again.end('SIGTERM')).toBe(0);
    expect(await leftIn(place.state)).toEqual([]);
  });
});
