import type { OidcIssuer } from '@drylane/proto/access';
import { DrylaneError } from '@drylane/proto/errors';
import { decodeJwt, jwtVerify } from 'jose';
import type { Authenticate } from './authenticate.ts';
import { type Claims, grantsOf, idOf } from './claims.ts';
import { type KeySet, keySet } from './keyset.ts';
import { MAX_BEARER_LENGTH } from './token.ts';

/** How far clocks may be apart. */
const TOLERANCE_SECONDS = 5;

const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

// An issuer signs other things with the same keys, such as logout tokens, which are no proof of who asks.
const TYPES: readonly (string | undefined)[] = [undefined, 'jwt', 'at+jwt', 'application/at+jwt'];

interface KnownIssuer extends OidcIssuer {
  readonly keys: KeySet;
}

/**
 * Knows whom OpenID Connect tokens are about: signed by an issuer of the policy, for us, now. Whom it gives no role is
 * known, and may do nothing. Each token is verified by itself; nothing of it is kept or told.
 * @throws DrylaneError `unavailable` (the function that is answered) where an issuer does not show its keys.
 */
export function oidcTokens(issuers: readonly OidcIssuer[]): Authenticate {
  const known: readonly KnownIssuer[] = issuers.map((issuer) => ({ ...issuer, keys: keySet(issuer) }));
  return async (text, nowMs) => {
    if (text.length > MAX_BEARER_LENGTH || !COMPACT.test(text)) return undefined;
    const issuer = known.find((candidate) => isAddressed(text, candidate));
    if (issuer === undefined) return undefined;
    const claims = await verify(text, issuer, nowMs);
    if (claims === undefined) return undefined;
    const id = idOf(issuer.issuer, claims);
    return id === undefined ? undefined : { id, via: 'oidc', grants: grantsOf(claims, issuer.roles) };
  };
}

/** Whether a token says that it is of this issuer, for this audience; it can say what it likes, and is verified next. */
function isAddressed(text: string, { issuer, audience }: OidcIssuer): boolean {
  try {
    const { iss, aud } = decodeJwt(text);
    return iss === issuer && [aud].flat().includes(audience);
  } catch {
    return false;
  }
}

/** What a token says, if it is good; undefined where anything about it is not. */
async function verify(
  text: string,
  { issuer, audience, algorithms, keys }: KnownIssuer,
  nowMs: number,
): Promise<Claims | undefined> {
  try {
    const { protectedHeader, payload } = await jwtVerify(text, (header) => keys.keyFor(header, nowMs), {
      ...{ issuer, audience, algorithms, requiredClaims: ['exp', 'sub'] },
      currentDate: new Date(nowMs),
      clockTolerance: TOLERANCE_SECONDS,
    });
    return TYPES.includes(protectedHeader.typ?.toLowerCase()) ? payload : undefined;
  } catch (error) {
    if (error instanceof DrylaneError) throw error;
    // Whatever it stumbled over stands in the token, or in a key of the issuer that is not fit to verify with.
    return undefined;
  }
}
