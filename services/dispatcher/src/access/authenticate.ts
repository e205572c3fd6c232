import type { Principal } from './access.ts';
import { TOKEN_PREFIX } from './token.ts';

/** Tells whose a text is; undefined where it is nobody's. */
export type Authenticate = (text: string, nowMs: number) => Promise<Principal | undefined>;

/** The three ways to show who one is. */
export interface Ways {
  readonly fixed: (text: string) => Principal | undefined;
  readonly tokens: Authenticate;
  readonly oidc: Authenticate;
}

/**
 * Tells whose the text behind `Bearer ` is: one that is configured, one that was given out, or one of an issuer.
 * @throws DrylaneError where a database or an issuer that would know does not answer; never for what the text is.
 */
export function authenticator({ fixed, tokens, oidc }: Ways): Authenticate {
  return async (text, nowMs) => {
    const principal = fixed(text);
    if (principal !== undefined) return principal;
    return text.startsWith(TOKEN_PREFIX) ? tokens(text, nowMs) : oidc(text, nowMs);
  };
}
