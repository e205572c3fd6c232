import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Evidence } from '@drylane/proto/evidence';
import { SANDBOX_LABEL } from '@drylane/worker/sandbox/container';
import { dockerSandbox } from '@drylane/worker/sandbox/docker';
import { connectEngine } from '@drylane/worker/sandbox/engine';
import { slot } from '@drylane/worker/sandbox/slot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePlace } from '../journey/place.ts';
import { rehearsingIn } from './rehearsing.ts';

/** Commands that a place where something waits could tell apart, beside those of the corpus. */
const ODD = [
  'echo out; echo err >&2; exit 7',
  'cat /proc/1/cmdline | tr "\\0" " "; ls /.drylane/control',
  'env | sort; pwd; readlink /proc/self/fd/1 | cut -d: -f1',
  'text=1 shell=2; rm -rf d; mkdir d; mv f d/; ln -s f l; chmod 600 g; echo $text$shell',
  'sleep 30 & echo left',
  'seq 1 200000; echo x > big; head -c 3000000 /dev/zero >> big',
  'curl -s http://example.com/ || getent hosts example.org; mount -t tmpfs x /mnt',
  'echo x > /tmp/a; echo y > /opt/b; echo z >> /etc/hosts; cat /tmp/* | wc -l',
  'kill -9 $$',
  'if true',
  'false && touch no || { touch yes; exec false; }',
];
const COMMANDS = 50;

describe('a rehearsal in a slot that waited for it', () => {
  let place: Awaited<ReturnType<typeof makePlace>>;
  const hits: boolean[] = [];
  const faults: unknown[] = [];
  let ready = 0;
  let warm: ReturnType<typeof dockerSandbox>;
  let cold: ReturnType<typeof dockerSandbox>;

  const run = async (sandbox: typeof warm, command: string): Promise<Evidence> =>
    (await rehearsingIn(sandbox, command, { site: place.site, limits: { timeout: '5s' } })).evidence;
  const untilReady = async (least = 1): Promise<void> => {
    for (let waited = 0; ready < least; waited += 5) {
      if (waited > 20_000) throw new Error(`no slot: ${faults}`);
      await sleep(5);
    }
  };

  const slotsStanding = async () => {
    const engine = await connectEngine();
    const names = await readdir(join(place.state, 'sandboxes'));
    const listed = await engine.listContainers({
      filters: { label: names.map((name) => `${SANDBOX_LABEL}=${name}`) },
    });
    return listed.map(({ Id }) => engine.getContainer(Id));
  };

  beforeAll(async () => {
    place = await makePlace('warm');
    for (const name of ['f', 'g']) await writeFile(join(place.site, name), `${name}\n`);
    const engine = await connectEngine();
    const options = { engine, stateDir: place.state, giver: slot };
    cold = dockerSandbox(options);
    warm = dockerSandbox({
      ...options,
      warm: {
        ...{ perKey: 2, most: 3, idleMs: 60_000, quietBelow: 1 },
        told(event) {
          if (event.event === 'taken') hits.push(event.hit);
          else if (event.event === 'counts') ({ ready } = event);
          else faults.push(event.cause);
        },
      },
    });
    await run(warm, 'true');
    await untilReady();
    hits.length = 0;
  });
  afterAll(async () => {
    await warm.close();
    expect(await readdir(join(place.state, 'sandboxes'))).toEqual([]);
    expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(place.state);
    await place[Symbol.asyncDispose]();
  });

  it('has the same evidence as in one that was made for it', async () => {
    const rows = (await readFile(join(import.meta.dirname, '../corpus/own.jsonl'), 'utf8'))
      .trim()
      .split('\n');
    const picked = Array.from({ length: COMMANDS - ODD.length }, (_, i) => {
      const row: unknown = JSON.parse(rows[Math.floor((i * rows.length) / COMMANDS)] ?? '{}');
      return (row as { readonly command: string }).command;
    });
    const restless: string[] = [];
    for (const command of [...ODD, ...picked]) {
      const expected = told(await run(cold, command));
      await untilReady();
      const seen = told(await run(warm, command));
      if (JSON.stringify(seen) === JSON.stringify(expected)) continue;
      // A command that is never twice the same tells nothing of slots; there are few of them.
      const again = told(await run(cold, command));
      if (JSON.stringify(again) === JSON.stringify(expected)) expect(seen, command).toEqual(expected);
      restless.push(command);
    }
    expect(restless.length).toBeLessThan(4);
    expect(hits).toEqual(Array.from({ length: COMMANDS }, () => true));
    expect(faults).toEqual([]);
  }, 240_000);

  it('starts a new one where its slot was killed, and has another slot soon', async () => {
    await untilReady();
    for (const container of await slotsStanding()) await container.kill();
    const first = await run(warm, 'echo x > n');
    expect(first).toMatchObject({ complete: true, exit_code: 0, changes: [{ path: 'n' }] });
    await untilReady();
    hits.length = 0;
    expect(await run(warm, 'echo y')).toMatchObject({ complete: true, stdout: { text: 'y\n' } });
    expect(hits).toEqual([true]);
  });

  it('never has what another left, with more of them at once than there are slots', async () => {
    const all = Array.from({ length: 8 }, async (_, i) => {
      const seen = await run(
        warm,
        `ls /var/tmp /opt; ls | wc -l; touch /var/tmp/${i} /opt/${i} ${i}; ls /var/tmp /opt`,
      );
      return [seen.complete, seen.exit_code, seen.stdout.text, seen.changes.map(({ path }) => path)];
    });
    const expected = (i: number) => `/opt:\n\n/var/tmp:\n2\n/opt:\n${i}\n\n/var/tmp:\n${i}\n`;
    expect(await Promise.all(all)).toEqual(all.map((_, i) => [true, 0, expected(i), [`${i}`]]));
  });

  it('is none where the view does not reach it', async () => {
    await run(warm, 'true');
    await untilReady(2);
    const before = faults.length;
    for (const name of await readdir(join(place.state, 'sandboxes'))) {
      const merged = join(place.state, 'sandboxes', name, 'merged');
      // What is mounted here from now on stays here. What is not mounted is of a rehearsal that is being taken away.
      if ((await readFile('/proc/self/mountinfo', 'utf8')).includes(merged))
        execFileSync('mount', ['--make-private', merged]);
    }
    expect(await run(warm, 'echo x > n')).toMatchObject({ complete: true, changes: [{ path: 'n' }] });
    expect(faults.slice(before).map(String)).toEqual([expect.stringContaining('does not see')]);
  });
});

/** Evidence without what differs from one run to the next: times, counters, and numbers in what was said. */
function told(evidence: Evidence): unknown {
  const {
    duration_ms: _,
    resources,
    processes,
    network,
    leftovers,
    stdout,
    stderr,
    steps,
    ...rest
  } = evidence;
  const plain = (text: string): string => text.replaceAll(/\d+/g, '0');
  const sorted = (all: readonly unknown[]): string[] => all.map((one) => JSON.stringify(one)).sort();
  return {
    ...rest,
    steps: steps.map(({ duration_ms: __, ...step }) => step),
    processes: sorted(processes.map(({ argv, exit_code, signal }) => [argv, exit_code, signal])),
    network: sorted(network),
    leftovers: sorted(leftovers.map(({ argv }) => argv)),
    disk: resources.disk_bytes,
    output: [stdout, stderr].map(({ text, ...more }) => ({ ...more, bytes: 0, text: plain(text) })),
  };
}
