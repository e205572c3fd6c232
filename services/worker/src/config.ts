import { type Configuration, type Environment, readConfig } from '@drylane/chassis/config/config';
import { DurationMs, Flag, wholeNumber } from '@drylane/chassis/config/values';
import { PROCESS_SECRETS, PROCESS_VARIABLES } from '@drylane/chassis/process/process';
import { Lane } from '@drylane/proto/approval';
import { AbsolutePath, ImageReference, VariableName } from '@drylane/proto/envelope';
import { bytes, Size } from '@drylane/proto/quantities';
import { z } from 'zod';

/** Texts with commas between them; none is empty. */
const List = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.string().min(1, 'has an empty part')));

/** A user and a group by their numbers; never root. */
const User = z
  .string()
  .regex(/^[1-9][0-9]{0,8}:[1-9][0-9]{0,8}$/, 'must be a uid and a gid, neither of them 0, such as 1000:1000')
  .transform((text) => {
    const [uid = 0, gid = 0] = text.split(':').map(Number);
    return { uid, gid };
  });

/** What a command may be given; never what is this process's own. */
const CredentialVariable = VariableName.refine((name) => !name.startsWith('DRYLANE_'), 'is drylane’s own');

const Address = z.url({ protocol: /^https?$/ });

/** Everything that a worker is told by its environment. */
export const WorkerConfig = z
  .object({
    ...PROCESS_VARIABLES,
    DRYLANE_LANE: Lane.describe('which lane this worker serves, rehearsal or live'),
    DRYLANE_STATE: AbsolutePath.describe('a directory of this worker alone'),
    DRYLANE_WORKSPACES: List.pipe(z.array(AbsolutePath)).default([]),
    // Left out: 2 rehearsals, or 1 promotion.
    DRYLANE_CONCURRENCY: wholeNumber(1, 256).optional(),
    // Of the rehearsal lane.
    // Left out: as many as there are rehearsals at once.
    DRYLANE_SLOTS: wholeNumber(0, 64).optional(),
    DRYLANE_IMAGES: List.pipe(z.array(ImageReference)).default(['drylane/sandbox']),
    DRYLANE_RUNTIME: z.string().min(1).optional(),
    DRYLANE_GIT_SOURCES: List.default([]),
    DRYLANE_TREE_USER: User.default({ uid: 1000, gid: 1000 }),
    DRYLANE_TREE_CACHE: Size.transform(bytes).default(4 * 2 ** 30),
    DRYLANE_TREE_BYTES: Size.transform(bytes).default(2 ** 30),
    // Of the live lane.
    DRYLANE_DISPATCHER_URL: Address.optional(),
    DRYLANE_WORKER_TOKEN: z.string().optional(),
    DRYLANE_RERUN: Flag.default(false),
    DRYLANE_CREDENTIALS: List.pipe(z.array(CredentialVariable)).default([]),
    DRYLANE_DISPATCHER_PATIENCE: DurationMs.default(10_000),
  })
  .superRefine((config, context) => {
    if (config.DRYLANE_LANE !== 'live') return;
    for (const name of ['DRYLANE_DISPATCHER_URL', 'DRYLANE_WORKER_TOKEN'] as const)
      if (config[name] === undefined)
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'is not set, and the live lane claims each run with the dispatcher',
          input: undefined,
        });
  });
export type WorkerConfig = Readonly<z.output<typeof WorkerConfig>>;

/** Reads a worker's configuration. @throws DrylaneError `bad-input` with everything that is wrong. */
export function workerConfig(environment: Environment): Configuration<typeof WorkerConfig> {
  return readConfig(WorkerConfig, environment, {
    prefix: 'DRYLANE_',
    secrets: { ...PROCESS_SECRETS, DRYLANE_WORKER_TOKEN: 'value' },
  });
}
