import { looksSecret } from '@drylane/chassis/redact/environment';
import { admit } from '@drylane/dispatcher/admit/admit';
import { locate } from '@drylane/dispatcher/admit/locate';
import type { Envelope } from '@drylane/proto/envelope';
import { DrylaneError } from '@drylane/proto/errors';
import { Policy } from '@drylane/proto/policy';
import { z } from 'zod';
import type { RunView } from '../../fleet/answers.ts';
import type { Client } from '../../fleet/client.ts';
import type { Notice } from './notice.ts';

const KeptPolicy = z.looseObject({ policy: Policy });

/** Says why policy refused an envelope, with each field and its mend: its record says it in one line. */
export async function throwRefusal(
  { client, notice }: { readonly client: Client; readonly notice: Notice },
  envelope: Envelope,
  { id, reason }: Pick<RunView, 'id' | 'reason'>,
): Promise<never> {
  const { policy } = await client.ask(KeptPolicy, { method: 'GET', path: '/v1/policy' });
  admit(envelope, policy, { located: await locate(envelope, notice.roots), looksSecret });
  throw new DrylaneError('bad-input', {
    field: 'envelope',
    message: `was refused: ${reason ?? 'nobody says why'}`,
    mend: `mend that, and submit it again; the record of it: drylane receipt ${id}`,
  });
}
