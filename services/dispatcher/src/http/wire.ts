import { NewToken, Tenant } from '@drylane/proto/access';
import { Approval, Lane } from '@drylane/proto/approval';
import { Digest } from '@drylane/proto/digest';
import { Envelope } from '@drylane/proto/envelope';
import { RunId } from '@drylane/proto/ids';
import { RUN_STATES } from '@drylane/proto/lifecycle';
import { Policy } from '@drylane/proto/policy';
import { Risk } from '@drylane/proto/risk';
import { Schedule, ScheduleId } from '@drylane/proto/schedule';
import { z } from 'zod';
import { TokenRow } from '../access/row.ts';
import { LedgerEvent, Run } from '../ledger/event.ts';

const Said = z.enum(['true', 'false']).transform((text) => text === 'true');
const TenantQuery = Tenant.optional().describe('Left out: the one that whoever asks belongs to');

const { task_digest: _task, trace: _trace, ...runShape } = Run.shape;

/** Where a run stands, as it is shown. */
export const ShownRun = z
  .strictObject({
    ...runShape,
    promote: z.boolean().describe('Whether it lands by itself once verdict, policy and approvals allow'),
  })
  .describe('Where a run stands. Times are milliseconds since 1970');
export type ShownRun = z.infer<typeof ShownRun>;

export const RunPage = z.strictObject({
  runs: z.array(ShownRun),
  next: z.string().nullable().describe('The path of the page after this one; null after the last'),
});
export type RunPage = z.infer<typeof RunPage>;

export const SubmitQuery = z.strictObject({
  promote: Said.default(false).describe('Whether it may land, too; else it is only rehearsed'),
  tenant: TenantQuery,
});

export const MAX_PAGE = 200;

export const ListRunsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(50),
  before: RunId.optional().describe('Only runs that are older than this one'),
  task: z.string().max(200).optional(),
  state: z.enum(RUN_STATES).optional(),
  tenant: Tenant.optional().describe('Left out: all that whoever asks may see'),
});
export type ListRunsQuery = z.infer<typeof ListRunsQuery>;

export const EventsQuery = z.strictObject({
  follow: Said.default(true).describe('false: a list of the events that there are'),
});

/** One event of a run, in its place in the chain. */
export const ShownEvent = z.strictObject({
  sequence: z.int().min(0),
  time_ms: z.int(),
  event: LedgerEvent,
  digest: Digest.describe('Of this event and of the digest before it'),
});
export const ShownEvents = z.array(ShownEvent);

export const DiffQuery = z.strictObject({ path: z.string().max(10_000).optional() });
export const DiffText = z.string().describe('Unified diffs; control characters are shown as escapes');
export const ShownPatches = z.array(
  z.strictObject({
    path: z.string(),
    text: z.string(),
    cut: z.boolean().describe('There was more, and it was not kept'),
  }),
);

export const SheetQuery = z.strictObject({ lane: Lane.default('live') });

export const WordRequest = z.strictObject({
  lane: Lane,
  decision: z.enum(['approve', 'reject']),
  comment: z.string().min(1).max(2000).nullable().default(null),
  bound: Digest.describe('The digest that stood in what you were shown (GET …/subject)'),
});
export type WordRequest = z.infer<typeof WordRequest>;

export const ShownWords = z.strictObject({
  approvals: z.array(Approval),
  missing: z.int().min(0).describe('How many people have to approve still'),
});

export const Heard = z.strictObject({
  state: z.enum(RUN_STATES),
  missing: z.int().min(0).describe('How many people have to approve still'),
});

export const TenantOnly = z.strictObject({ tenant: TenantQuery });
export const NoQuery = z.strictObject({});

export const ClassifyRequest = z.strictObject({
  command: Envelope.shape.command,
  shell: Envelope.shape.shell.unwrap().default('bash'),
});
export type ClassifyRequest = z.infer<typeof ClassifyRequest>;

const ShownStep = z.strictObject({
  text: z.string(),
  operator: z.enum(['&&', '||', ';', '&']).nullable().describe('What joins it to the step before it'),
  span: z.tuple([z.int(), z.int()]).describe('UTF-16 offsets in the command, end excluded'),
});
export const Classified = z.strictObject({
  risk: Risk,
  steps: z.array(ShownStep).min(1).describe('What could be rehearsed one by one, instead of all at once'),
  whole: z.string().nullable().describe('Why it stays one step, where it cannot be split'),
});
export type Classified = z.infer<typeof Classified>;

export const KeptWorkspace = z.strictObject({ snapshot: Digest, bytes: z.int().min(0) });

export const ShownPolicy = z.strictObject({ digest: Digest, policy: Policy });

const { secret_hash: _, ...tokenShape } = TokenRow.shape;
export const ShownToken = z.strictObject(tokenShape);
export const GivenToken = z.strictObject({
  token: ShownToken,
  text: z.string().describe('What to send as the bearer token; it is shown this once'),
});
export const TokenId = z.string().regex(/^[A-Za-z0-9]{12}$/, 'must be the id of a token');
export const ListTokensQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(MAX_PAGE),
  after: TokenId.optional(),
  tenant: Tenant.optional(),
});
export const TokenPage = z.strictObject({ tokens: z.array(ShownToken), next: z.string().nullable() });
export const ListSchedulesQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(MAX_PAGE),
  after: ScheduleId.optional(),
  tenant: Tenant.optional(),
});
export const SchedulePage = z.strictObject({ schedules: z.array(Schedule), next: z.string().nullable() });

export const Liveness = z.strictObject({ alive: z.literal(true) });
export const ReadinessAnswer = z.strictObject({
  ready: z.boolean(),
  draining: z.boolean(),
  failing: z.array(z.string()).describe('Names of checks'),
});
/** Bytes as they are. */
export const Bytes = z.string().meta({ format: 'binary' });
export const Text = z.string();
export const OpenApi = z.looseObject({ openapi: z.string() });

export { Envelope, NewToken };
