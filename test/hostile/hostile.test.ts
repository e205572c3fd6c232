import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashTree } from '../demo/tree.ts';
import { makePlace } from '../journey/place.ts';
import { rehearsing } from '../sandbox/rehearsing.ts';

const HIDDEN_THREAD = `python3 -c "
import threading,time,ctypes,os
if os.fork()==0:
    os.setsid(); threading.Thread(target=lambda: time.sleep(1000)).start(); ctypes.CDLL(None).syscall(60,0)
time.sleep(0.3)
"`;

describe('a hostile command', () => {
  let place: Awaited<ReturnType<typeof makePlace>>;
  let before: string;
  const run = async (command: string, more: Partial<Parameters<typeof rehearsing>[1]> = {}) =>
    rehearsing(command, { ...place, way: 'slot', ...more });

  beforeAll(async () => {
    place = await makePlace('hostile');
    await writeFile(join(place.site, 'a'), 'a\n');
    before = await hashTree(place.site);
  });
  afterAll(async () => {
    expect(await hashTree(place.site)).toBe(before);
    await place[Symbol.asyncDispose]();
  });

  it('cannot answer the runner in our place to hide what it left running', async () => {
    const { evidence } = await run('sleep 30 & echo >> /.drylane/control/ack; echo >> /.drylane/control/ack');
    expect(evidence.complete && evidence.leftovers.length === 0).toBe(false);
    for (const { argv } of evidence.leftovers) expect(argv.join(' ')).toBe('sleep 30');
  });

  it('cannot hide a process behind its ended first thread', async () => {
    const { evidence } = await run(HIDDEN_THREAD);
    expect(evidence.leftovers).toHaveLength(1);
  });

  it('is run by the shell of the image, and finds the tools of the image', async () => {
    const { evidence } = await run('readlink /proc/$$/exe; ls --version | head -n1', { shell: 'sh' });
    expect(evidence.stdout.text).toMatch(/^\/usr\/bin\/dash\nls \(GNU coreutils\)/);
    expect((await run('echo "$0"; nosuch')).evidence.stderr.text).toBe(
      'bash: line 1: nosuch: command not found\n',
    );
  });

  it('cannot make files in /dev, nor change the system unseen', async () => {
    const { evidence } = await run(
      'echo x > /dev/evil; dd if=/dev/zero of=/dev/sda count=1; mkdir -p /run/systemd; echo u > /run/systemd/u; echo w > /var/tmp/w; chmod 700 /var; chmod 4777 /etc/hosts; echo fine > /dev/null',
    );
    expect(evidence.outside.map((o) => o.path).sort()).toEqual([
      '/etc/hosts',
      '/run/systemd/u',
      '/var',
      '/var/tmp/w',
    ]);
    expect(evidence.stderr.text).toContain('/dev/evil: Read-only file system');
  });

  it('cannot fill the disk of the host through its own files', async () => {
    const { evidence } = await run(
      'for i in $(seq 1 400); do head -c 7M /dev/zero > /home/drylane/f$i; done',
      { limits: { disk: '8Mi', memory: '64Mi', timeout: '20s' } },
    );
    expect(evidence).toMatchObject({ disk_full: true, timed_out: false });
  });

  it('is stopped however short its time is', async () => {
    for (const timeout of ['1ms', '30ms', '200ms'])
      expect((await run('sleep 40', { limits: { timeout } })).evidence.timed_out, timeout).toBe(true);
  });

  it('does not keep us busy with forged markers', async () => {
    const forge =
      'perl -e \'open F,">>/.drylane/control/events"; syswrite F, "s 0 0 -hBc\\n" x 50 for 1..2000; sleep 60\'';
    expect((await run(`${forge}; true`)).evidence.complete).toBe(false);
  });

  it('does not leave a file that grew past its limit unsaid', async () => {
    const { evidence } = await run('truncate -s 5G s; true', { limits: { disk: '16Mi' } });
    expect(evidence.disk_full).toBe(true);
  });

  it('is one opaque step when it names the marker, and incomplete when a file switches it off', async () => {
    const named = await run('printf "__drylane_end() { return \\$2; }\\n" > c; . ./c; rm -f a; exit 0');
    expect(named.evidence.steps).toMatchObject([{ opaque: true }]);
    expect(named.evidence.changes.map(({ path }) => path)).toEqual(['a', 'c']);

    await writeFile(join(place.site, 'c'), '__drylane_end() { return $2; }\n');
    before = await hashTree(place.site);
    const silenced = await run('. ./c; rm -f a; exit 0');
    expect(silenced.evidence.complete).toBe(false);
    expect(silenced.evidence.changes.map(({ path }) => path)).toEqual(['a']);
  });

  it('shows no key in a diff, even when the diff does not show what it is', async () => {
    const body = Array.from(
      { length: 12 },
      (_, i) => `${'Qx7Rk2mZp9Xc4Vb8Nt6Ls1Wd5Hf3Jg0Ya'.repeat(2).slice(i, i + 60)}`,
    );
    const key = [
      '-----BEGIN RSA ',
      'PRIVATE KEY-----\n',
      body.join('\n'),
      '\n-----END RSA ',
      'PRIVATE KEY-----\n',
    ].join('');
    await writeFile(join(place.site, 'key.pem'), key);
    before = await hashTree(place.site);
    const { evidence, patches } = await run("sed -i '7s/^./@/' key.pem");
    expect(evidence.changes).toMatchObject([
      { path: 'key.pem', kind: 'modified', additions: 1, deletions: 1 },
    ]);
    for (const line of body) expect(JSON.stringify(patches)).not.toContain(line.slice(5, 40));
  });
});
