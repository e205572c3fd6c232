import type { Role } from '@drylane/proto/access';
import { DrylaneError } from '@drylane/proto/errors';
import type { Principal } from './access.ts';
import { hashOfSecret, isSameHash, MAX_BEARER_LENGTH } from './token.ts';

/** A token that configuration names, and no database. */
export interface FixedToken {
  /** For records: its principal is `token:config:NAME`, which no token that is given out can be. */
  readonly name: string;
  readonly role: Role;
  readonly tenant: string | null;
  readonly text: string;
  /** Whose text it is, for messages: the variable that it came from. */
  readonly field: string;
}

// As many as 32 random bytes have in base64 without the padding.
const LEAST_LENGTH = 43;

/**
 * Knows the principals of tokens that are configuration: the first operator, before there are any others, and workers.
 * @throws DrylaneError `bad-input` for a text that could be guessed, could not be sent, or is that of two.
 */
export function fixedTokens(tokens: readonly FixedToken[]): (text: string) => Principal | undefined {
  const problems = tokens.flatMap(({ text, field }, index) => {
    const mend = 'write one that was made by chance: openssl rand -hex 32';
    if (!/^[!-~]+$/.test(text) || text.length > MAX_BEARER_LENGTH)
      return [{ field, message: 'is not one line of letters, digits and signs', mend }];
    if (text.length < LEAST_LENGTH)
      return [{ field, message: `has fewer than ${LEAST_LENGTH} characters`, mend }];
    const first = tokens.findIndex((other) => other.text === text);
    return first === index ? [] : [{ field, message: `is the same as ${tokens[first]?.field}`, mend }];
  });
  if (problems.length > 0) throw new DrylaneError('bad-input', problems);
  const known = tokens.map((token) => ({ hash: hashOfSecret(token.text), principal: fixedPrincipal(token) }));
  return (text) => {
    if (text.length > MAX_BEARER_LENGTH) return undefined;
    const hash = hashOfSecret(text);
    // All of them, so that the time does not tell which.
    return known.filter((token) => isSameHash(token.hash, hash))[0]?.principal;
  };
}

/** Whoever has a token that configuration names. */
export function fixedPrincipal({ name, role, tenant }: Omit<FixedToken, 'text' | 'field'>): Principal {
  return { id: `token:config:${name}`, via: 'token', grants: [{ role, tenant }] };
}
