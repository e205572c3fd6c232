import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectEngine } from '@drylane/worker/sandbox/engine';
import { describe, expect, it } from 'vitest';
import { hashTree } from '../demo/tree.ts';
import { DRYLANE, drylane } from '../journey/drylane.ts';
import { makePlace } from '../journey/place.ts';
import { NOTHING, remains } from './remains.ts';

const ROUNDS = Number(process.env.DRYLANE_KILL_ROUNDS ?? 16);
const KILLED_EACH = Number(process.env.DRYLANE_KILL_EACH ?? 4);

describe('rehearsals that are killed', () => {
  it(
    'leave no container, mount, volume or directory once the reaper ran, and never touch the workspace',
    async () => {
      await using place = await makePlace('kill');
      await writeFile(join(place.site, 'a'), 'a\n');
      const before = await hashTree(place.site);
      const engine = await connectEngine();
      let killed = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const args = [
          'rehearse',
          '--state',
          place.state,
          '--expect',
          '*',
          '--',
          'echo b > b; sleep 0.1; rm a',
        ];
        const child = spawn(process.execPath, [DRYLANE, ...args], { cwd: place.site, stdio: 'ignore' });
        const ended = once(child, 'exit');
        if (round % KILLED_EACH === 0) {
          await Promise.race([sleep(100 + Math.random() * 1200), ended]);
          killed += child.kill('SIGKILL') ? 1 : 0;
        }
        const [status] = await ended;
        if (round % KILLED_EACH !== 0) expect(status).toBe(0);
      }
      expect(killed).toBeGreaterThan(0);

      // A request that was on its way when its sender died may still make a container; then it is there to be found.
      await sleep(1000);
      expect(drylane(['doctor', '--state', place.state], { cwd: place.site }).status).toBe(0);
      expect(await remains(engine, place.state)).toEqual(NOTHING);
      expect(await hashTree(place.site)).toBe(before);
    },
    20_000 + ROUNDS * 4_000,
  );
});
