import { KeysAddress, type OidcIssuer } from '@drylane/proto/access';
import { DrylaneError } from '@drylane/proto/errors';
import { type CryptoKey, createLocalJWKSet, errors, type JWSHeaderParameters, type LocalJWKSet } from 'jose';
import { z } from 'zod';
import { fetchJson } from './fetched.ts';

/** The public keys of one issuer, fetched when they are needed. */
export interface KeySet {
  /**
   * The key that a token's header means.
   * @throws An error of jose where the issuer has no such key; DrylaneError `unavailable` where it does not say.
   */
  keyFor(header: JWSHeaderParameters, nowMs: number): Promise<CryptoKey>;
}

/** From then on keys are fetched again, while those that are there still count. */
export const FRESH_MS = 5 * 60_000;

/** From then on they count no more: a key that the issuer took back is good for nothing by then. */
export const STALE_MS = 30 * 60_000;

/** However many tokens with keys that nobody knows come in, an issuer is asked no more often than this. */
export const COOLDOWN_MS = 30_000;

/** After it did not answer, it is asked again this soon. */
export const RETRY_MS = 5000;

const MAX_KEYS = 100;

const Keys = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(MAX_KEYS) });

type Where = Pick<OidcIssuer, 'issuer' | 'jwks_uri'>;

/** The keys of an issuer, at the address that policy names or else at the one that the issuer names itself. */
export function keySet(where: Where): KeySet {
  let held: { readonly keys: LocalJWKSet; readonly atMs: number } | undefined;
  let asked: { readonly atMs: number; readonly restMs: number } | undefined;
  let asking: Promise<void> | undefined;

  async function ask(nowMs: number): Promise<void> {
    asked = { atMs: nowMs, restMs: COOLDOWN_MS };
    try {
      held = { keys: await fetchKeys(where), atMs: nowMs };
    } catch (cause) {
      asked = { atMs: nowMs, restMs: RETRY_MS };
      throw unavailable(where.issuer, cause);
    } finally {
      asking = undefined;
    }
  }

  const isHeld = (nowMs: number, ms: number): boolean => held !== undefined && isWithin(held.atMs, nowMs, ms);
  const mayAsk = (nowMs: number): boolean =>
    asking !== undefined || asked === undefined || !isWithin(asked.atMs, nowMs, asked.restMs);

  /** Asks the issuer, with all others who want to. */
  function renew(nowMs: number): Promise<void> {
    asking ??= ask(nowMs);
    return asking;
  }

  async function current(nowMs: number): Promise<LocalJWKSet> {
    if (!isHeld(nowMs, STALE_MS)) {
      if (mayAsk(nowMs)) await renew(nowMs);
    } else if (!isHeld(nowMs, FRESH_MS) && mayAsk(nowMs)) {
      // Nobody has to wait for it while the old ones still count.
      renew(nowMs).catch(() => undefined);
    }
    if (held === undefined || !isHeld(nowMs, STALE_MS)) throw unavailable(where.issuer);
    return held.keys;
  }

  return {
    async keyFor(header, nowMs) {
      const keys = await current(nowMs);
      try {
        return await keys(header);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || !mayAsk(nowMs)) throw error;
        await renew(nowMs);
        return (await current(nowMs))(header);
      }
    },
  };
}

/** Either way: requests overtake one another by some milliseconds, and a clock may be set back by more. */
function isWithin(atMs: number, nowMs: number, ms: number): boolean {
  return Math.abs(nowMs - atMs) < ms;
}

async function fetchKeys(where: Where): Promise<LocalJWKSet> {
  const { keys } = Keys.parse(await fetchJson(where.jwks_uri ?? (await discover(where.issuer))));
  return createLocalJWKSet({ keys });
}

/** Where an issuer says that its keys are (OpenID Connect Discovery 1.0, section 4). */
async function discover(issuer: string): Promise<string> {
  const Configuration = z.object({
    // Else whoever answers there would speak for another.
    issuer: z.literal(issuer),
    jwks_uri: KeysAddress.refine((keys) => isNoWorse(keys, issuer), 'is not as safe as the issuer'),
  });
  const found = await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  return Configuration.parse(found).jwks_uri;
}

function isNoWorse(keys: string, issuer: string): boolean {
  return keys.startsWith('https:') || !issuer.startsWith('https:');
}

function unavailable(issuer: string, cause?: unknown): DrylaneError {
  const problem = {
    field: issuer,
    message: 'does not show the keys that its tokens are verified with',
    mend: 'see whether it can be reached from here, and is the issuer that policy means',
  };
  return new DrylaneError('unavailable', problem, { cause });
}
