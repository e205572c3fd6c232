import { Role } from '@drylane/proto/access';
import { z } from 'zod';

/** A row of the table `tokens`. Times are milliseconds since 1970. */
export const TokenRow = z.object({
  id: z.string(),
  name: z.string(),
  secret_hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('sha256 of the secret'),
  role: Role,
  tenant: z.string().nullable().describe('Null for all of them'),
  created_ms: z.int(),
  created_by: z.string().describe('The id of a principal'),
  expires_ms: z.int().nullable().describe('Null for never'),
  revoked_ms: z.int().nullable(),
  last_used_ms: z.int().nullable().describe('Coarse: it is noted now and then'),
});
export type TokenRow = Readonly<z.infer<typeof TokenRow>>;
