import { z } from 'zod';
import { AccessPolicy, Tenant } from './access.ts';
import { AbsolutePath, ImageReference, NetworkPattern, VariableName } from './envelope.ts';
import { Limits } from './limits.ts';
import { PathPattern } from './paths.ts';
import { Duration } from './quantities.ts';
import { RISK_LEVELS } from './risk.ts';

const From = z.enum([...RISK_LEVELS, 'never']).describe('The lowest risk level that needs a person');

/** How bad a finding is that a policy speaks of: `inconclusive` is for what the sandbox did. */
export const PolicySeverity = z.enum(['block', 'hold', 'note']);

/** One rule of an operator: a CEL expression over envelope, risk and evidence. */
export const PolicyRule = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case words joined by dashes'),
  when: z.string().min(1).max(10_000),
  severity: PolicySeverity,
  message: z.string().min(1).max(1000),
});
export type PolicyRule = z.infer<typeof PolicyRule>;

/** The most rules that a policy may have. */
export const MAX_RULES = 500;

/** What the operator allows, whatever an intent asks for. */
export const Policy = z.strictObject({
  version: z.literal(1),
  risk: z
    .strictObject({ medium: z.number().min(0).max(10), high: z.number().min(0).max(10) })
    .refine((r) => r.medium < r.high, { path: ['high'], message: 'must be above medium' })
    .default({ medium: 4, high: 7 }),
  approvals: z
    .strictObject({
      rehearsal: z.strictObject({ from: From }).default({ from: 'high' }),
      live: z
        .strictObject({
          from: From.default('medium'),
          quorum: z.int().min(1).max(20).default(1),
          expires: Duration.default('24h'),
          sticky: z.boolean().default(true),
        })
        .default({ from: 'medium', quorum: 1, expires: '24h', sticky: true }),
    })
    .default({
      rehearsal: { from: 'high' },
      live: { from: 'medium', quorum: 1, expires: '24h', sticky: true },
    }),
  workspaces: z
    .strictObject({
      roots: z.array(AbsolutePath).max(1000),
      tenants: z
        .record(Tenant, z.array(AbsolutePath).min(1).max(1000))
        .optional()
        .describe('In a fleet: what a tenant has instead of roots, and those who are not listed have not'),
    })
    .optional()
    .describe('Left out: the directory drylane was started in'),
  images: z
    .strictObject({ default: ImageReference, allowed: z.array(ImageReference).min(1).max(1000) })
    .refine((i) => i.allowed.includes(i.default), {
      path: ['default'],
      message: 'must be one of the allowed images',
    })
    .default({ default: 'drylane/sandbox', allowed: ['drylane/sandbox'] }),
  network: z.strictObject({ declarable: z.array(NetworkPattern).max(1000) }).default({ declarable: [] }),
  credentials: z
    .record(
      VariableName,
      z.strictObject({
        mock: z.string().max(200),
        live: z.strictObject({ env: VariableName }).optional(),
      }),
    )
    .default({}),
  forbidden_paths: z.array(PathPattern).max(1000).default([]),
  limits: z
    .strictObject({ default: Limits.default({}), max: Limits.default({}) })
    .default({ default: {}, max: {} }),
  evidence: z
    .strictObject({
      raw_output: z
        .strictObject({
          seal_to: z
            .array(z.string().regex(/^age1[a-z0-9]{1,2000}$/, 'must be an age recipient: age1…'))
            .min(1),
        })
        .optional(),
    })
    .default({}),
  severities: z
    .record(z.string(), PolicySeverity)
    .default({})
    .describe(
      'Built-in findings that are worse here than they are elsewhere, by rule; none can be made better',
    ),
  rules: z.array(PolicyRule).max(MAX_RULES).default([]),
  access: AccessPolicy.optional().describe("Left out: only tokens of drylane's own are known"),
});
export type Policy = z.infer<typeof Policy>;
