import { type Configuration, type Environment, readConfig } from '@drylane/chassis/config/config';
import { DurationMs, Flag, Port, wholeNumber } from '@drylane/chassis/config/values';
import { PROCESS_SECRETS, PROCESS_VARIABLES } from '@drylane/chassis/process/process';
import { AbsolutePath } from '@drylane/proto/envelope';
import { z } from 'zod';
import { isPreset, PRESETS } from './admit/load.ts';

const count = (most: number, otherwise: string) => wholeNumber(1, most).prefault(otherwise);

/** Everything that a dispatcher is told by its environment. */
export const DispatcherConfig = z.object({
  ...PROCESS_VARIABLES,
  DRYLANE_HOST: z.string().default('0.0.0.0'),
  DRYLANE_PORT: Port.prefault('8080'),
  DRYLANE_DATABASE_URL: z
    .string()
    .regex(/^(postgres(ql)?:\/\/|file:\/)/, 'must be postgres://… or file:/path')
    .describe('where the ledger is: postgres://user@host/database, or file:/path for one dispatcher alone'),
  DRYLANE_POLICY: z
    .string()
    .refine((named) => isPreset(named) || AbsolutePath.safeParse(named).success, {
      message: `must be an absolute path without .., or one that comes with drylane: ${PRESETS.join(', ')}`,
    })
    .describe("the operator's policy: a file, or standard, strict or open"),
  DRYLANE_SIGNING_KEY: z.string().describe('the key for receipts, Ed25519 as PEM'),
  DRYLANE_BOOTSTRAP_TOKEN: z.string().optional().describe('the token of the first operator'),
  DRYLANE_WORKER_TOKEN: z.string().optional().describe('the token of workers of the live lane'),
  DRYLANE_METRICS_OPEN: Flag.prefault('false').describe('whether /metrics needs no token, true or false'),
  DRYLANE_WINDOW: count(10_000, '64').describe(
    'how many runs are under way at once, and as many again for the first of each other tenant',
  ),
  DRYLANE_WAITING: count(10_000_000, '100000').describe('how many runs may wait in all'),
  DRYLANE_WAITING_TENANT: count(10_000_000, '50000').describe('how many runs of one tenant may wait'),
  DRYLANE_GIVEN_UP: DurationMs.prefault('30m').describe(
    'after how long a run that nobody tells of is given up',
  ),
  DRYLANE_RATE: count(100_000, '200').describe('requests a second of one principal'),
});
export type DispatcherConfig = Readonly<z.output<typeof DispatcherConfig>>;

/** Reads a dispatcher's configuration. @throws DrylaneError `bad-input` with everything that is wrong. */
export function dispatcherConfig(environment: Environment): Configuration<typeof DispatcherConfig> {
  return readConfig(DispatcherConfig, environment, {
    prefix: 'DRYLANE_',
    secrets: {
      ...PROCESS_SECRETS,
      DRYLANE_DATABASE_URL: 'address',
      DRYLANE_SIGNING_KEY: 'value',
      DRYLANE_BOOTSTRAP_TOKEN: 'value',
      DRYLANE_WORKER_TOKEN: 'value',
    },
  });
}
