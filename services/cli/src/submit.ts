import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Envelope } from '@drylane/proto/envelope';
import { DrylaneError } from '@drylane/proto/errors';
import type { Context } from './context.ts';
import type { Lane, LaneOptions } from './embedded/lane.ts';
import type { RehearsalFlags } from './rehearsal-flags.ts';
import { commandFrom } from './shell-words.ts';
import { stateDirectory } from './state.ts';

/** An envelope, and the lane that is open for it. */
export interface Submitted extends AsyncDisposable {
  readonly envelope: Envelope;
  readonly lane: Lane;
}

/** Makes the envelope of what was typed, and opens the lane for it; nothing is kept of what cannot be let in. */
export async function submit(
  words: readonly string[],
  flags: RehearsalFlags,
  context: Context,
): Promise<Submitted> {
  if (flags.snapshot !== undefined) throw snapshotHere();
  const [{ envelopeFrom }, { keepApart }] = await Promise.all([
    import('./envelope.ts'),
    import('./embedded/apart.ts'),
  ]);
  const { envelope, roots } = await envelopeFrom(flags, commandFrom(words), context);
  const stateDir = stateDirectory(flags.state, context.env);
  await keepApart(envelope, stateDir);
  const { policy: policyFile, runtime = null } = flags;
  const lane = await laneFor({ stateDir, policyFile, roots, runtime, env: context.env });
  return { envelope, lane, [Symbol.asyncDispose]: () => lane.close() };
}

/** That of this process; where a `drylane up` runs, and no other policy or runtime than its own was named, that one rehearses. */
async function laneFor(options: LaneOptions): Promise<Lane> {
  const { stateDir, policyFile, runtime } = options;
  if (policyFile === undefined && runtime === null && existsSync(join(stateDir, 'up', 'up.json'))) {
    const [{ nearIn }, { nearLane }] = await Promise.all([
      import('./embedded/up/near.ts'),
      import('./embedded/up/near-lane.ts'),
    ]);
    const near = nearIn(stateDir);
    if (near !== undefined) return nearLane(near, options);
  }
  const { openLane } = await import('./embedded/lane.ts');
  return openLane(options);
}

function snapshotHere(): DrylaneError {
  return new DrylaneError('bad-input', {
    field: '--snapshot',
    message: 'is for a fleet: here the directory itself is looked at',
    mend: 'use --workspace DIR, or set DRYLANE_URL',
  });
}
