import { z } from 'zod';

export const RISK_LEVELS = ['low', 'medium', 'high'] as const;
export const RISK_DIMENSIONS = ['write', 'network', 'credential', 'blast_radius'] as const;

export const RiskLevel = z.enum(RISK_LEVELS);
export type RiskLevel = z.infer<typeof RiskLevel>;

export const RiskDimension = z.enum(RISK_DIMENSIONS);
export type RiskDimension = z.infer<typeof RiskDimension>;

const points = z.number().min(0).max(10);

/** Why a command has the score it has: one rule that held, and where in the text. */
export const RiskReason = z.strictObject({
  rule: z.string(),
  dimension: RiskDimension,
  points,
  span: z.tuple([z.int().min(0), z.int().min(0)]).describe('UTF-16 offsets in the command, end excluded'),
  message: z.string(),
});
export type RiskReason = z.infer<typeof RiskReason>;

/** What `classify` makes of a command's text alone, never of its intent. */
export const Risk = z.strictObject({
  score: points,
  level: RiskLevel,
  dimensions: z.strictObject({
    write: points,
    network: points,
    credential: points,
    blast_radius: points,
  }),
  reasons: z.array(RiskReason),
  programs: z.array(z.string()),
  opaque: z.boolean().describe('Some of what it does cannot be read from the text'),
  parsed: z.boolean(),
});
export type Risk = z.infer<typeof Risk>;
