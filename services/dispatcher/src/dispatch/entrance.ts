import type { Envelope } from '@drylane/proto/envelope';
import type { Policy } from '@drylane/proto/policy';
import type { Risk } from '@drylane/proto/risk';
import { nextAfterClassify } from '../admit/next.ts';
import type { Located } from '../admit/place.ts';
import { locateFromAfar } from './place.ts';

/** How envelopes come in: whom the dispatcher has in front of it, and where the files are that they speak of. */
export interface Entrance {
  /** Where an envelope's paths lead, and below which directories they may. */
  locate(envelope: Envelope, tenant: string): Located | Promise<Located>;
  /** Where a run goes that was classified. */
  next(risk: Pick<Risk, 'level'>): ReturnType<typeof nextAfterClassify>;
}

/** That of a fleet: anybody who has a token, and directories that only its workers see. */
export function entranceFromAfar(policy: Policy): Entrance {
  return {
    locate: (envelope, tenant) => locateFromAfar(envelope, { tenant, workspaces: policy.workspaces }),
    next: (risk) => nextAfterClassify(risk, policy),
  };
}
