import { Role } from '@drylane/proto/access';
import { Digest } from '@drylane/proto/digest';
import { RunId } from '@drylane/proto/ids';
import { RUN_STATES } from '@drylane/proto/lifecycle';
import { RiskLevel } from '@drylane/proto/risk';
import { Schedule } from '@drylane/proto/schedule';
import { z } from 'zod';

// What is used here is checked; whatever else a newer dispatcher says is passed on, or passed over.

/** Where a run stands. Times are milliseconds since 1970. */
export const RunView = z.looseObject({
  id: RunId,
  task: z.string().nullable(),
  state: z.enum(RUN_STATES),
  reason: z.string().nullable(),
  command: z.string(),
  risk_level: RiskLevel.nullable(),
  evidence_digest: Digest.nullable(),
  promote: z.boolean(),
  owner: z.string(),
  /** Who took it to land, and whose word its end is. */
  claimant: z.string().nullish(),
  created_ms: z.int(),
});
export type RunView = z.infer<typeof RunView>;

export const RunPage = z.object({ runs: z.array(RunView), next: z.string().nullable() });

/** The part of an event that says where its run goes. */
export const Told = z.object({
  event: z.object({ type: z.string(), to: z.enum(RUN_STATES).optional() }),
});

export const Sequences = z.array(z.object({ sequence: z.int().min(0) }));

export const Patches = z.array(z.strictObject({ path: z.string(), text: z.string(), cut: z.boolean() }));
export type Patches = z.infer<typeof Patches>;

export const Heard = z.object({ state: z.enum(RUN_STATES), missing: z.int().min(0) });

export const KeptWorkspace = z.object({ snapshot: Digest, bytes: z.int().min(0) });

/** A token without what proves it. */
export const TokenView = z.looseObject({
  id: z.string().regex(/^[A-Za-z0-9]{1,64}$/),
  name: z.string(),
  role: Role,
  tenant: z.string().nullable(),
  created_ms: z.int(),
  expires_ms: z.int().nullable(),
  revoked_ms: z.int().nullable(),
  last_used_ms: z.int().nullable(),
});
export type TokenView = z.infer<typeof TokenView>;

export const TokenPage = z.object({ tokens: z.array(TokenView), next: z.string().nullable() });
// It goes to a terminal as it is.
export const GivenToken = z.object({ token: TokenView, text: z.string().regex(/^drl_[A-Za-z0-9_]{1,200}$/) });

export const SchedulePage = z.object({ schedules: z.array(Schedule), next: z.string().nullable() });
