import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Execution } from '@drylane/proto/promotion';
import { describe, expect, it } from 'vitest';
import { hashTree } from '../demo/tree.ts';
import { DRYLANE, drylane, drylaneJson } from '../journey/drylane.ts';
import { makePlace } from '../journey/place.ts';
import { listen } from '../journey/server.ts';
import { atTerminal } from '../journey/terminal.ts';
import { addresses } from '../sandbox/servers.ts';

const ROUNDS = Number(process.env.DRYLANE_PROMOTION_ROUNDS ?? 10);

/** Starts `drylane apply`, and kills it after a while, if it still runs then. */
async function killedApply(run: string, place: { site: string; state: string }, afterMs: number) {
  const args = [DRYLANE, 'apply', run, '--state', place.state];
  const child = spawn(process.execPath, args, { cwd: place.site, stdio: 'ignore' });
  const ended = once(child, 'exit');
  await Promise.race([sleep(afterMs), ended]);
  child.kill('SIGKILL');
  await ended;
}

const stateOf = (run: string, { site, state }: { site: string; state: string }): string =>
  drylaneJson<Execution>(['show', run, '--state', state], { cwd: site }).document.state;

/** A command that reached for what the sandbox took away is held until a person agrees. */
async function approve(run: string, { site, state }: { site: string; state: string }): Promise<void> {
  const answers = [{ at: 'Type "approve"', type: 'approve\r' }];
  const { status, screen } = await atTerminal(['approve', run, '--state', state], { cwd: site, answers });
  expect(status, screen).toBe(0);
}

describe('promotions that are killed', () => {
  it(
    'land wholly or not at all, and the ledger knows which',
    async () => {
      await using place = await makePlace('landing');
      const names = Array.from({ length: 30 }, (_, i) => join(place.site, `f${i}`));
      for (const name of names) await writeFile(name, '0\n');
      const policy = join(place.root, 'policy.yaml');
      await writeFile(policy, 'version: 1\napprovals: { live: { from: never } }\n');
      let inTheMiddle = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const args = ['--state', place.state, '--policy', policy, '--expect', '**', '--'];
        const command = `for f in f*; do echo ${round} >> "$f"; done; rm -rf d; mkdir -p d/${round}`;
        const { document } = drylaneJson<Execution>(['rehearse', ...args, command], { cwd: place.site });
        const before = await hashTree(place.site);
        await killedApply(document.run_id, place, 60 + Math.random() * 800);

        const recovered = drylane(['recover', '--state', place.state], { cwd: place.site });
        expect(recovered.status).toBe(0);
        if (recovered.stdout.includes(document.run_id)) inTheMiddle += 1;
        const state = stateOf(document.run_id, place);
        expect(['promotable', 'promoted']).toContain(state);
        if (state === 'promotable') expect(await hashTree(place.site)).toBe(before);
        const last = drylane(['apply', document.run_id, '--state', place.state], { cwd: place.site });
        expect(last.status, last.stderr).toBe(state === 'promotable' ? 0 : 2);
        expect(await readFile(join(place.site, 'f7'), 'utf8')).toMatch(new RegExp(`(^|\n)${round}\n$`));
      }
      console.log(`${inTheMiddle} of ${ROUNDS} were killed between claim and end`);
    },
    20_000 + ROUNDS * 30_000,
  );

  it(
    'run a command for real at most once, and call nothing promoted that did not finish',
    async () => {
      await using place = await makePlace('live');
      const server = await listen();
      const host = `${addresses().own}:${server.port}`;
      const policy = join(place.root, 'policy.yaml');
      await writeFile(
        policy,
        `version: 1\napprovals: { live: { from: never } }\nnetwork: { declarable: ["${host}"] }\n`,
      );
      let reached = 0;
      try {
        for (let round = 0; round < ROUNDS; round++) {
          const args = ['--state', place.state, '--policy', policy, '--read-only', '--network', host];
          const command = `curl -s http://${host}/${round} || true`;
          const flags = [...args, '--promotion', 'rerun', '--', command];
          const { document } = drylaneJson<Execution>(['rehearse', ...flags], { cwd: place.site });
          await approve(document.run_id, place);
          await killedApply(document.run_id, place, 60 + Math.random() * 1500);
          drylane(['recover', '--state', place.state], { cwd: place.site });
          const again = drylane(['apply', document.run_id, '--state', place.state], { cwd: place.site });
          const times = (await server.seen()).filter(({ url }) => url === `/${round}`).length;
          reached += times;
          const state = stateOf(document.run_id, place);
          expect(times, `${state} ${again.stderr}`).toBeLessThanOrEqual(1);
          if (state === 'promoted') expect(times).toBe(1);
        }
        // Killed too early each time, it would say nothing.
        expect(reached).toBeGreaterThan(0);
      } finally {
        await server.close();
      }
    },
    20_000 + ROUNDS * 30_000,
  );
});
