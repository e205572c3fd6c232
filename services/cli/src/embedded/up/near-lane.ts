import type { RunView } from '../../fleet/answers.ts';
import type { LocalDesk } from '../desk.ts';
import type { Lane, LaneOptions } from '../lane.ts';
import type { Promoter } from '../promoter.ts';
import { type Near, rehearseNear } from './near.ts';

/**
 * A lane whose rehearsals a `drylane up` runs. Whatever else there is to do is done in this process, on the state directory
 * that both have: who approves, and how a run lands, does not depend on who rehearsed it.
 */
export function nearLane(near: Near, options: LaneOptions): Lane {
  const { stateDir, env, roots } = options;
  let own: Promise<Lane> | undefined;
  let desk: Promise<LocalDesk> | undefined;
  let promoter: Promise<Promoter> | undefined;
  let underWay: RunView | undefined;
  const ownLane = async (): Promise<Lane> => {
    const { openLane } = await import('../lane.ts');
    own ??= openLane(options);
    return own;
  };
  const close = async (): Promise<void> => {
    if (underWay !== undefined) await giveUp(near, underWay);
    const parts = await Promise.all([own, desk, promoter].map((part) => part?.catch(() => undefined)));
    for (const part of parts) await part?.close();
  };
  return {
    async desk() {
      if (own !== undefined) return (await own).desk();
      const { openDesk } = await import('../desk.ts');
      desk ??= openDesk(stateDir, env);
      return desk;
    },
    async rehearse(envelope) {
      const reported = await rehearseNear(near, envelope, roots, (run) => {
        underWay = run;
      });
      underWay = undefined;
      return reported ?? (await ownLane()).rehearse(envelope);
    },
    async promote(id, choices) {
      if (own !== undefined) return (await own).promote(id, choices);
      const { openPromoter } = await import('../promoter.ts');
      promoter ??= openPromoter(stateDir, env);
      return (await promoter).promote(id, choices);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Takes a run back that nobody waits for any more; one that is rehearsed already goes on, and harms nothing. */
async function giveUp({ client }: Near, { id }: RunView): Promise<void> {
  await client.tell({ method: 'POST', path: `/v1/runs/${id}/cancel` }).catch(() => undefined);
}
