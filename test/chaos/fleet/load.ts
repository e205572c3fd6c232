import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PatientClient } from './client.ts';

/** What runs are for, and how many of each there are in twelve. */
const SHARES = { applied: 5, large: 2, rerun: 3, blocked: 1, refused: 1 } as const;
type Purpose = keyof typeof SHARES;

const ROUND: readonly Purpose[] = Object.entries(SHARES).flatMap(([purpose, share]) =>
  Array.from({ length: share }, () => purpose as Purpose),
);

/** A run that was taken in. */
export interface Accepted {
  readonly number: number;
  readonly purpose: Purpose;
  readonly run: string;
  readonly workspace: string;
}

export interface Ground {
  readonly workspaces: string;
  /** A server that runs with a network reach, as policy writes it. */
  readonly host: string;
}

/** Whatever a run does for real is one more line in this file of its own workspace, and one request for its own path. */
export const LANDED = 'landed.txt';
export const pathOf = (number: number): string => `/run/${number}`;

/** Submits a run, again and again until somebody has taken it in; by its key it is the same run then. */
export async function submit(client: PatientClient, ground: Ground, number: number): Promise<Accepted> {
  const purpose = ROUND[(number * 5) % ROUND.length] ?? 'applied';
  const workspace = join(ground.workspaces, String(number));
  await mkdir(workspace, { recursive: true });
  const body = { ...envelopeOf(purpose, workspace, ground, number), idempotency_key: `chaos-${number}` };
  const { status, body: run } = await client.ask('POST', '/v1/runs?promote=true', body);
  if (status !== 200 && status !== 202) throw new Error(`${status} ${JSON.stringify(run)}`);
  return { number, purpose, workspace, run: (run as { readonly id: string }).id };
}

function envelopeOf(purpose: Purpose, workspace: string, { host }: Ground, number: number): object {
  const line = `echo ${number} >> ${LANDED}`;
  const envelope = (command: string, intent: object = {}, more: object = {}) => ({
    ...{ command, working_dir: workspace, limits: { timeout: '20s' } },
    intent: { mode: 'mutating', expected_writes: ['*.txt', 'd/'], ...intent },
    ...more,
  });
  switch (purpose) {
    case 'applied':
      return envelope(`${line}; sleep 0.1`);
    case 'large':
      return envelope(`mkdir d; for i in $(seq 300); do echo $i > d/$i; done; ${line}`);
    case 'rerun': {
      const command = `curl -s -m 5 http://${host}${pathOf(number)} || true; ${line}; sleep 0.3`;
      return envelope(command, { network: [host] }, { promotion: 'rerun' });
    }
    case 'blocked':
      return envelope(`${line}; echo x > other.md`);
    case 'refused':
      return { ...envelope(line), working_dir: '/etc' };
  }
}

/** Agrees, as somebody else than the submitter, to every run that waits for that. */
export async function agreeToAll(client: PatientClient): Promise<void> {
  const page = await client.ask('GET', '/v1/runs?state=awaiting-live-approval&limit=100');
  const { runs } = page.body as { readonly runs: readonly { readonly id: string }[] };
  for (const { id } of runs) {
    const { status, body } = await client.ask('GET', `/v1/runs/${id}/subject?lane=live`);
    if (status !== 200) continue;
    const { bound } = body as { readonly bound: string };
    const word = { lane: 'live', decision: 'approve', comment: null, bound };
    await client.ask('POST', `/v1/runs/${id}/approvals`, word);
  }
}
