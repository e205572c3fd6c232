import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashTree } from '../demo/tree.ts';
import { makePlace } from '../journey/place.ts';
import { rehearsing, WAYS } from './rehearsing.ts';

describe.each(WAYS)('a rehearsal through %s', (way) => {
  let place: Awaited<ReturnType<typeof makePlace>>;
  let before: string;
  const run = async (command: string, more: Partial<Parameters<typeof rehearsing>[1]> = {}) =>
    (await rehearsing(command, { ...place, way, ...more })).evidence;

  beforeAll(async () => {
    place = await makePlace(`sandbox-${way}`);
    await mkdir(join(place.site, 'secrets'));
    await writeFile(join(place.site, 'secrets', 'key'), 'k\n');
    await writeFile(join(place.site, 'a b'), 'one\ntwo\n');
    await chmod(place.site, 0o755);
    before = await hashTree(place.site);
  });
  afterAll(async () => {
    expect(await hashTree(place.site)).toBe(before);
    expect(await readdir(join(place.state, 'sandboxes'))).toEqual([]);
    await place[Symbol.asyncDispose]();
  });

  it('tells each step with its status, its pipe and its changes', async () => {
    const evidence = await run(
      "echo new > n && sed -i s/one/1/ 'a b' | cat; false | true\nrm -rf secrets || echo no",
    );
    expect(evidence.complete).toBe(true);
    expect(evidence.steps.map((s) => [s.operator, s.ran, s.exit_code, s.pipe_status, s.changes])).toEqual([
      [null, true, 0, [0], ['n']],
      ['&&', true, 0, [0, 0], ['a b']],
      [';', true, 0, [1, 0], []],
      [';', true, 0, [0], ['secrets']],
      ['||', false, null, [], []],
    ]);
    expect(
      evidence.changes.map((c) => [c.path, c.kind, c.class, c.step, c.entries, c.additions, c.deletions]),
    ).toEqual([
      ['secrets', 'deleted', 'forbidden', 3, 2, null, null],
      ['a b', 'modified', 'expected', 1, 1, 1, 1],
      ['n', 'added', 'expected', 0, 1, 1, 0],
    ]);
  });

  it('has its workspace at another path than this machine, where that is asked for', async () => {
    const evidence = await run("pwd; sed -i s/one/1/ 'a b'; echo x > /workspace/n; ls secrets", {
      at: '/workspace',
    });
    expect(evidence.stdout.text).toBe('/workspace\nkey\n');
    expect(evidence).toMatchObject({ complete: true, outside: [], leftovers: [] });
    expect(evidence.changes.map((change) => [change.path, change.kind])).toEqual([
      ['a b', 'modified'],
      ['n', 'added'],
    ]);
    const gone = await run(`ls ${place.site}`, { at: '/workspace' });
    expect(gone.exit_code).not.toBe(0);
  });

  it('is given up when it is asked to be, and leaves nothing', async () => {
    const signal = AbortSignal.timeout(700);
    const startedMs = performance.now();
    await expect(run('sleep 15', { signal })).rejects.toThrow(/timeout/i);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    await expect(run('true', { signal })).rejects.toThrow(/timeout/i);
    expect(await readdir(join(place.state, 'sandboxes'))).toEqual([]);
  });

  it('sees changes of the container’s own files, removals in directories made again too', async () => {
    const evidence = await run(
      'echo x >> /etc/hosts; rm -rf /etc/apt && mkdir /etc/apt; touch /etc/passwd; echo > /opt/new; true',
    );
    const outside = evidence.outside.map((o) => [o.path, o.kind]);
    expect(outside).toContainEqual(['/etc/hosts', 'modified']);
    expect(outside).toContainEqual(['/opt/new', 'added']);
    expect(outside.some(([path]) => path?.startsWith('/etc/apt'))).toBe(true);
    if (way === 'slot') expect(outside).not.toContainEqual(['/etc/passwd', 'modified']);
  });

  it('has no network, no capabilities, no privilege to gain, and a silent resolver', async () => {
    const evidence = await run(
      'ls /sys/class/net; grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status; cat /etc/resolv.conf; ls /var/run/docker.sock',
    );
    expect(evidence.stdout.text).toBe(
      'lo\nCapBnd:\t0000000000000000\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\nnameserver 127.0.0.1\noptions timeout:1 attempts:1\n'.replace(
        'CapBnd:\t0000000000000000\nCapEff:\t0000000000000000',
        'CapEff:\t0000000000000000\nCapBnd:\t0000000000000000',
      ),
    );
    expect(evidence.exit_code).not.toBe(0);
  });

  it('stops at its time limit and keeps what had happened', async () => {
    const evidence = await run('echo early > early; sleep 100; echo late > late', {
      limits: { timeout: '2s' },
    });
    expect(evidence).toMatchObject({ timed_out: true, exit_code: null });
    expect(evidence.changes.map((c) => c.path)).toEqual(['early']);
    expect(evidence.steps.map((s) => s.ran)).toEqual([true, true, false]);
  });

  it('tells of memory, processes and disk that ran out', async () => {
    const memory = await run('head -c 400M /dev/zero | tail | wc -c', {
      limits: { memory: '32Mi', disk: '16Mi' },
    });
    expect(memory.oom_killed).toBe(true);
    const pids = await run('for i in $(seq 100); do sleep 5 & done; true', { limits: { pids: 16 } });
    expect(pids.pids_exhausted).toBe(true);
    const disk = await run('head -c 64M /dev/zero > big; ls', { limits: { disk: '8Mi' } });
    expect(disk.disk_full).toBe(true);
    const fine = await run('head -c 1M /dev/zero > small');
    expect(fine).toMatchObject({
      oom_killed: false,
      pids_exhausted: false,
      disk_full: false,
      timed_out: false,
    });
  });

  it('drains output past its limit, keeps both ends, and counts every byte', async () => {
    const evidence = await run('echo first; yes | head -c 20000000; echo last', {
      limits: { output: '4Ki' },
    });
    expect(evidence.stdout.bytes).toBe(20_000_000 + 6 + 5);
    expect(evidence.stdout.truncated).toBe(true);
    expect(evidence.stdout.text.startsWith('first\n')).toBe(true);
    expect(evidence.stdout.text.endsWith('last\n')).toBe(true);
  });

  it('names processes that outlive their command', async () => {
    const evidence = await run('(sleep 300 &); true');
    expect(evidence.leftovers.map((l) => l.argv)).toEqual([['sleep', '300']]);
    expect((await run('true | cat')).leftovers).toEqual([]);
  });

  it.each([
    ['a forged end', 'echo "e 0" > /.drylane/control/events; sleep 0.2; echo x > x'],
    ['a forged marker', 'echo "s 1 0 -hBc 0" > /.drylane/control/events; sleep 0.2; true'],
    ['noise', 'head -c 300000 /dev/urandom > /.drylane/control/events & sleep 0.5'],
  ])('does not believe %s on the control channel', async (_, command) => {
    expect((await run(command)).complete).toBe(false);
  });

  it('gives nobody a way to change the control directory or the toolkit', async () => {
    const evidence = await run(
      'rm -f /.drylane/control/ack /.drylane/control/runner /.drylane/busybox; echo > /.drylane/control/x; chmod 0 /.drylane/control/events; ls /.drylane/control',
    );
    expect(evidence.stdout.text).toBe('ack\nevents\nrunner\n');
    expect(evidence.outside).toEqual([]);
  });

  it('scrubs secrets from output and diffs before anyone sees them', async () => {
    const token = ['ghp', 'q7Rk2mZp9Xc4Vb8Nt6Ls1Wd5Hf3Jg0Ya7Te2'.slice(0, 36)].join('_');
    const { evidence, patches } = await rehearsing(`echo token ${token}; echo ${token} > t`, {
      ...place,
      way,
    });
    expect(JSON.stringify({ evidence, patches })).not.toContain(token);
    expect(evidence.stdout.redactions).toBe(1);
  });

  it('runs a text whole when it cannot be split, and says so', async () => {
    const evidence = await run('set -x; echo a > a1');
    expect(evidence.steps).toMatchObject([{ index: 0, opaque: true, ran: true, changes: ['a1'] }]);
    expect(evidence.complete).toBe(true);
  });

  it('runs sh as well', async () => {
    const evidence = await run('x=1; echo $x > one && false', { shell: 'sh' });
    expect(evidence.exit_code).toBe(1);
    expect(evidence.steps.map((s) => s.exit_code)).toEqual([0, 0, 1]);
  });
});
