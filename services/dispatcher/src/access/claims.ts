import { ALL_TENANTS, type RoleRule } from '@drylane/proto/access';
import type { Grant } from './access.ts';

/** What an issuer says of somebody; its signature has been verified. */
export type Claims = Readonly<Record<string, unknown>>;

/** As long as records keep the id of a principal. */
const MAX_ID = 300;

// Printable, and not to be mistaken for another by a space at its end.
const SUBJECT = /^[!-~](?:[ -~]{0,253}[!-~])?$/;

/**
 * The id of whom the claims are about. An issuer's address has no `#` in it, so no subject of one looks like that of
 * another. Undefined for a subject that records could not tell from others, or not keep whole.
 */
export function idOf(issuer: string, { sub }: Claims): string | undefined {
  if (typeof sub !== 'string' || !SUBJECT.test(sub)) return undefined;
  const id = `oidc:${issuer}#${sub}`;
  return id.length <= MAX_ID ? id : undefined;
}

/** What policy makes of whom the claims are about: each role of each tenant once. */
export function grantsOf(claims: Claims, rules: readonly RoleRule[]): readonly Grant[] {
  const given = rules.filter((rule) => isSaid(claims, rule));
  return [...new Map(given.map((rule) => [`${rule.role} ${rule.tenant}`, grantOf(rule)])).values()];
}

function grantOf({ role, tenant }: RoleRule): Grant {
  return { role, tenant: tenant === ALL_TENANTS ? null : tenant };
}

function isSaid(claims: Claims, { claim, equals }: RoleRule): boolean {
  if (!Object.hasOwn(claims, claim)) return false;
  // At many issuers, people may write into their account whatever address they like.
  if (claim === 'email' && claims.email_verified !== true) return false;
  const said = claims[claim];
  return Array.isArray(said) ? said.includes(equals) : said === equals;
}
