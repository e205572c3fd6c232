import { z } from 'zod';
import { Digest } from './digest.ts';
import { Limits } from './limits.ts';
import { PathPattern } from './paths.ts';

/** The kernel takes at most 128 KiB as one argument; a longer command belongs in a file of the workspace. */
export const MAX_COMMAND_BYTES = 100_000;

const NO_NUL = /^[^\u0000]*$/;

const text = (max: number) =>
  z
    .string()
    .max(max)
    .regex(NO_NUL, 'must not hold a NUL byte')
    .refine((s) => s.isWellFormed(), 'must not hold half of a character');

/** A path of the machine, from its root. */
export const AbsolutePath = text(4096).regex(
  /^\/(?!([\s\S]*\/)?\.\.(\/|$))/,
  'must be an absolute path without ..',
);

/** What intent names to be reached: `host`, `host:port`, `*.domain`, `*.domain:port`, or `unix:/path` of a socket. */
export const NetworkPattern = z
  .string()
  .max(300)
  .regex(
    /^((\*\.)?[a-zA-Z0-9_]([a-zA-Z0-9_.-]*[a-zA-Z0-9_])?(:[0-9]{1,5})?|unix:\/[!-~]{1,290})$/,
    'must be a host, host:port, *.domain or unix:/path',
  )
  .refine(hasPort, 'must have a port from 1 to 65535');

function hasPort(pattern: string): boolean {
  if (pattern.startsWith('unix:')) return true;
  const port = /:([0-9]{1,5})$/.exec(pattern)?.[1];
  return port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
}

/** An OCI image, by name, name and tag, or digest. */
export const ImageReference = z
  .string()
  .max(300)
  .regex(/^[a-z0-9][a-zA-Z0-9._:/@-]*$/, 'must be an image reference');

/** The name of an environment variable, also used to name a credential. */
export const VariableName = z
  .string()
  .max(256)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a variable name');

/** What the planner says the command will and will not do. It can only ever lower authority. */
export const Intent = z
  .strictObject({
    summary: text(2000).optional(),
    mode: z.enum(['read-only', 'mutating']),
    expected_writes: z.array(PathPattern).max(1000).optional(),
    forbidden_paths: z.array(PathPattern).max(1000).optional(),
    network: z
      .union([z.literal('none'), z.array(NetworkPattern).max(1000)], {
        error: 'must be none, or a list of hosts',
      })
      .optional(),
    credentials: z.array(VariableName).max(100).optional(),
    expected_exit: z.array(z.int().min(0).max(255)).min(1).max(256).optional(),
    reviewer_note: text(10_000).optional(),
  })
  .superRefine((intent, context) => {
    const writes = intent.expected_writes?.length ?? 0;
    if (intent.mode === 'mutating' && writes === 0)
      context.addIssue({
        code: 'custom',
        path: ['expected_writes'],
        message: 'a mutating command must say what it writes',
      });
    if (intent.mode === 'read-only' && writes > 0)
      context.addIssue({
        code: 'custom',
        path: ['expected_writes'],
        message: 'a read-only command writes nothing',
      });
  })
  .meta({
    anyOf: [
      {
        type: 'object',
        properties: { mode: { const: 'mutating' }, expected_writes: { type: 'array', minItems: 1 } },
        required: ['expected_writes'],
      },
      {
        type: 'object',
        properties: { mode: { const: 'read-only' }, expected_writes: { type: 'array', maxItems: 0 } },
      },
    ],
  });
export type Intent = z.infer<typeof Intent>;

/** Where the command works: a directory of this machine, an uploaded snapshot, or a git tree. */
export const Workspace = z.union(
  [
    z.strictObject({ path: AbsolutePath }),
    z.strictObject({ snapshot: Digest }),
    z.strictObject({ git: z.strictObject({ url: text(2000).min(1), ref: text(300).min(1) }) }),
  ],
  { error: 'must be one of { path }, { snapshot } or { git }' },
);
export type Workspace = z.infer<typeof Workspace>;

// What is too long in characters has been refused by then.
const fitsOneArgument = (command: string): boolean =>
  command.length > MAX_COMMAND_BYTES || Buffer.byteLength(command) <= MAX_COMMAND_BYTES;

/** What a planner submits. */
export const Envelope = z.strictObject({
  task: z
    .string()
    .max(200)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, 'must be letters, digits and . _ / -')
    .optional(),
  command: text(MAX_COMMAND_BYTES)
    .regex(/\S/, 'must not be blank')
    .refine(fitsOneArgument, `must be at most ${MAX_COMMAND_BYTES} bytes`),
  working_dir: AbsolutePath,
  workspace: Workspace.optional(),
  image: ImageReference.optional(),
  shell: z.enum(['bash', 'sh']).optional(),
  intent: Intent,
  env: z.record(VariableName, text(32_768)).optional(),
  limits: Limits.optional(),
  promotion: z.enum(['auto', 'apply', 'rerun', 'none']).optional(),
  idempotency_key: text(200).min(1).optional(),
});
export type Envelope = z.infer<typeof Envelope>;
