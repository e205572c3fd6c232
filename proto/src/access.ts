import { z } from 'zod';

export const ROLES = ['submitter', 'approver', 'operator', 'viewer', 'worker'] as const;
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

/** Who may be of all tenants at once; each of the others belongs to one. */
const WIDE: Readonly<Record<Role, boolean>> = {
  submitter: false,
  approver: false,
  operator: true,
  viewer: false,
  worker: true,
};

/** Whether a role may be given for all tenants at once. */
export function mayBeOfAllTenants(role: Role): boolean {
  return WIDE[role];
}

/** The name of a team whose runs no other team sees. */
export const Tenant = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and -')
  .describe('A team whose runs no other team sees');

/** How policy writes all tenants: said, not left out, because it is much. */
export const ALL_TENANTS = '*';

const HOST = '[A-Za-z0-9.-]{1,253}';
const LOOPBACK = '(?:localhost|127\\.0\\.0\\.1|\\[::1\\])';
const ORIGIN = `(?:https://${HOST}|http://${LOOPBACK})(?::[0-9]{1,5})?`;
const PATH = '(?:/[A-Za-z0-9._~%+-]*)*';
const MUST_BE_HTTPS = 'must be an https address';

// Without `#`, a question or a user in front of the host, so that it means one place and ends where a subject begins.
const Issuer = z
  .string()
  .max(200)
  .regex(new RegExp(`^${ORIGIN}${PATH}$`), MUST_BE_HTTPS)
  .describe('As the token spells it; http only on this machine');

/** Where an issuer shows its public keys; http only on this machine. */
export const KeysAddress = z
  .string()
  .max(2000)
  .regex(new RegExp(`^${ORIGIN}${PATH}(?:\\?[A-Za-z0-9._~%+=&/-]*)?$`), MUST_BE_HTTPS);

/** Signatures by a key that the issuer keeps to itself; with a shared one, whoever checks could also sign. */
const Algorithm = z.enum([
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]);

/** Whom a claim makes what. */
export const RoleRule = z
  .strictObject({
    claim: z.string().min(1).max(200).describe('The name of a claim at the top of the token'),
    equals: z.string().min(1).max(500).describe('What it is, or what one of its entries is'),
    role: Role,
    tenant: z
      .string()
      .regex(/^(?:\*|[a-z0-9][a-z0-9-]{0,62})$/, 'must be lower-case letters, digits and -')
      .describe('"*" for all of them, which only an operator or a worker can have'),
  })
  .refine(({ role, tenant }) => tenant !== ALL_TENANTS || mayBeOfAllTenants(role), {
    path: ['tenant'],
    message: 'must be one tenant for this role',
  });
export type RoleRule = Readonly<z.infer<typeof RoleRule>>;

/** An issuer of OpenID Connect tokens whose word counts, and for what. */
export const OidcIssuer = z.strictObject({
  issuer: Issuer,
  audience: z.string().min(1).max(500).describe('Whom its tokens are for: what it calls drylane'),
  jwks_uri: KeysAddress.optional().describe('Left out: what the issuer says at .well-known'),
  algorithms: z.array(Algorithm).min(1).max(11).default(['RS256', 'ES256', 'EdDSA']),
  roles: z.array(RoleRule).min(1).max(500),
});
export type OidcIssuer = Readonly<z.infer<typeof OidcIssuer>>;

/** Who may do what over HTTP, beside those who have a token of drylane's own. */
export const AccessPolicy = z.strictObject({
  oidc: z
    .array(OidcIssuer)
    .min(1)
    .max(20)
    .refine(isEachOnce, { message: 'must name each issuer and audience once' }),
});

/** What a token of drylane's own is asked for with. */
export const NewToken = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._@-]{0,63}$/, 'must be lower-case letters, digits and . _ @ -')
      .describe('Whom records name as token:NAME'),
    role: Role,
    tenant: Tenant.nullable().describe('Null for all of them, which only an operator or a worker can have'),
    expires_ms: z.int().positive().nullable().describe('Milliseconds since 1970; null for never'),
  })
  .refine(({ role, tenant }) => tenant !== null || mayBeOfAllTenants(role), {
    path: ['tenant'],
    message: 'must be one tenant for this role',
  });
export type NewToken = Readonly<z.infer<typeof NewToken>>;

function isEachOnce(issuers: readonly { readonly issuer: string; readonly audience: string }[]): boolean {
  return new Set(issuers.map((of) => JSON.stringify([of.issuer, of.audience]))).size === issuers.length;
}
