import { decideAccess, type Principal } from './access.ts';
import type { Tokens } from './tokens.ts';

/** Whoever may have been given a token: by configuration, or by an operator. */
export interface Known {
  readonly fixed: readonly Principal[];
  readonly tokens: Pick<Tokens, 'named'>;
}

/**
 * Whether somebody, known by the id that records name, could still submit to a tenant. An issuer is not asked who is there
 * still: its accounts may until somebody takes away what they left.
 */
export function maySubmitStill({ fixed, tokens }: Known) {
  return async (id: string, tenant: string, nowMs: number): Promise<boolean> => {
    if (!id.startsWith(TOKEN)) return true;
    const who = fixed.find((one) => one.id === id) ?? (await tokens.named(id.slice(TOKEN.length), nowMs));
    return who !== undefined && decideAccess(who, 'add-schedule', { kind: 'tenant', tenant }) === 'allowed';
  };
}

const TOKEN = 'token:';
