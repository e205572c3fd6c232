import { type Client, createClient } from './client.ts';

/** A fleet as those see it who use it from outside, however it was started. */
export interface Outside {
  /** Where its dispatchers, or one of them, listen. */
  readonly url: string;
  /** Whoever may do everything but approve what it submitted. */
  readonly operator: Client;
  /** Workspaces are made in here. */
  readonly workspaces: string;
  /** The same directory, as workers know it. */
  readonly mounted: string;
  /** The text of a new token of this role. */
  token(role: string, tenant: string | null): Promise<string>;
  /** A client with a new token of this role. */
  client(role: string, tenant: string | null): Promise<Client>;
}

interface Opened extends Pick<Outside, 'url' | 'workspaces' | 'mounted'> {
  /** The first operator's token. */
  readonly bootstrap: string;
}

/** Makes that of a fleet which is up. */
export function openOutside({ bootstrap, ...where }: Opened): Outside {
  const operator = createClient(where.url, bootstrap);
  let made = 0;
  const token: Outside['token'] = async (role, tenant) => {
    made += 1;
    const asked = { name: `t${made}`, role, tenant, expires_ms: null };
    return (await operator.post<{ readonly text: string }>('/v1/tokens', asked)).text;
  };
  return {
    ...{ ...where, operator, token },
    client: async (role, tenant) => createClient(where.url, await token(role, tenant)),
  };
}
