import { DrylaneError } from '@drylane/proto/errors';
import { z } from 'zod';
import { RunPage } from './answers.ts';
import type { Client } from './client.ts';

/** What was tried, and what to do where it does not work. */
export interface FleetCheck {
  readonly name: 'dispatcher' | 'token';
  readonly ok: boolean;
  readonly detail: string;
  readonly mend: string | null;
}

const Ready = z.object({ ready: z.literal(true) });

/** Tries what submitting to a fleet needs: one of its dispatchers, and a token that it knows. */
export async function examineFleet(client: Client): Promise<readonly FleetCheck[]> {
  const { host } = client;
  const dispatcher = await check('dispatcher', `${host} is there, and takes runs`, () =>
    client.ask(Ready, { method: 'GET', path: '/readyz' }),
  );
  if (!dispatcher.ok) return [dispatcher];
  const query = { limit: '1' };
  const token = await check('token', 'is known there, and may read runs', () =>
    client.ask(RunPage, { method: 'GET', path: '/v1/runs', query }),
  );
  return [dispatcher, token];
}

async function check(
  name: FleetCheck['name'],
  detail: string,
  work: () => Promise<unknown>,
): Promise<FleetCheck> {
  try {
    await work();
    return { name, ok: true, detail, mend: null };
  } catch (fault) {
    const [problem] = fault instanceof DrylaneError ? fault.problems : [];
    if (problem === undefined) throw fault;
    return { name, ok: false, detail: `${problem.field} ${problem.message}`, mend: problem.mend };
  }
}
