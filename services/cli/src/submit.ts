import type { Envelope } from '@drylane/proto/envelope';
import { DrylaneError } from '@drylane/proto/errors';
import type { Context } from './context.ts';
import type { Lane } from './embedded/lane.ts';
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
  const [{ envelopeFrom }, { openLane }, { keepApart }] = await Promise.all([
    import('./envelope.ts'),
    import('./embedded/lane.ts'),
    import('./embedded/apart.ts'),
  ]);
  const { envelope, roots } = await envelopeFrom(flags, commandFrom(words), context);
  const stateDir = stateDirectory(flags.state, context.env);
  await keepApart(envelope, stateDir);
  const lane = await openLane({
    stateDir,
    policyFile: flags.policy,
    roots,
    runtime: flags.runtime ?? null,
    env: context.env,
  });
  return { envelope, lane, [Symbol.asyncDispose]: () => lane.close() };
}

function snapshotHere(): DrylaneError {
  return new DrylaneError('bad-input', {
    field: '--snapshot',
    message: 'is for a fleet: here the directory itself is looked at',
    mend: 'use --workspace DIR, or set DRYLANE_URL',
  });
}
