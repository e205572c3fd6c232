import type { Ended } from '@drylane/dispatcher/desk/ending';
import type { Promotion } from '@drylane/proto/promotion';
import type { Sandbox } from '@drylane/worker/sandbox/sandbox';
import { openDesk } from './desk.ts';
import { landing } from './landing.ts';
import { type PromotionOptions, promoteRun } from './promotion.ts';
import type { Quarters } from './quarters.ts';
import { runNamed } from './records.ts';
import { type Recovered, recoverRuns } from './recovery.ts';
import { rerunner } from './rerunning.ts';

/** Lets past runs land. A run is named by its id, or by `last`. */
export interface Promoter extends AsyncDisposable {
  promote(name: string, options: PromotionOptions): Promise<Ended & { readonly promotion: Promotion }>;
  recover(): Promise<readonly Recovered[]>;
  /** Takes away what still stands. */
  close(): Promise<void>;
}

/** Opens a state directory to promote from; the container engine is asked for only where a command runs again. */
export async function openPromoter(stateDir: string, env: NodeJS.ProcessEnv): Promise<Promoter> {
  const desk = await openDesk(stateDir, env);
  let quarters: Promise<Quarters> | undefined;
  const sandbox = async (): Promise<Sandbox> => {
    const { openQuarters } = await import('./quarters.ts');
    quarters ??= openQuarters(stateDir);
    return (await quarters).sandbox;
  };
  const close = async (): Promise<void> => {
    await (await quarters?.catch(() => undefined))?.close();
    await desk.close();
  };
  const land = landing(desk, rerunner(sandbox, desk, env));
  return {
    async promote(name, options) {
      await recoverRuns(desk);
      return promoteRun(desk, await runNamed(desk.ledger, name), land, options);
    },
    async recover() {
      const recovered = await recoverRuns(desk);
      // A live container may outlast its process; without an engine there is none.
      await sandbox().catch(() => undefined);
      return recovered;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
