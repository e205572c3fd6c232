import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LABEL, OWNER_LABEL, SANDBOX_LABEL } from '@drylane/worker/sandbox/container';
import { connectEngine } from '@drylane/worker/sandbox/engine';
import { currentOwner, formatOwner } from '@drylane/worker/sandbox/owner';
import { reap } from '@drylane/worker/sandbox/reaper';
import { expect, it } from 'vitest';
import { makePlace } from '../journey/place.ts';
import { directoryAt } from './fleet.ts';

it('what a worker of another container left is taken away by whoever has its directory alone, and by nobody else', async () => {
  await using place = await makePlace('reaper');
  const engine = await connectEngine();
  // Process numbers of another namespace mean nothing here: it may live.
  const owner = formatOwner({ ...currentOwner(), namespace: '1' });
  const names = ['mine', 'elsewhere'].map((name) => `${owner}_${name}`);
  const [mine = '', elsewhere = ''] = names;
  await directoryAt(place.state, 'sandboxes', mine);
  const made = await Promise.all(
    names.map(async (name) => {
      const labels = { [LABEL]: 'sandbox', [OWNER_LABEL]: owner, [SANDBOX_LABEL]: name };
      await engine.createVolume({ Name: `drylane-${name}`, Labels: labels });
      return engine.createContainer({ Image: 'drylane/sandbox', Cmd: ['true'], Labels: labels });
    }),
  );
  const standing = async () => {
    const filters = { label: [`${OWNER_LABEL}=${owner}`] };
    const containers = await engine.listContainers({ all: true, filters });
    const { Volumes: volumes } = await engine.listVolumes({ filters: JSON.stringify(filters) });
    const found = [...containers, ...(volumes ?? [])].map(({ Labels }) => Labels?.[SANDBOX_LABEL]);
    return found.sort();
  };
  try {
    await reap(engine, place.state);
    expect(await standing()).toEqual([elsewhere, elsewhere, mine, mine]);
    await reap(engine, place.state, { alone: true });
    expect(await standing()).toEqual([elsewhere, elsewhere]);
    expect(existsSync(join(place.state, 'sandboxes', mine))).toBe(false);
  } finally {
    await Promise.allSettled(made.map((container) => container.remove({ force: true })));
    await Promise.allSettled(names.map((name) => engine.getVolume(`drylane-${name}`).remove()));
  }
});
