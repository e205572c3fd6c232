import { NewToken } from '@drylane/proto/access';
import { checkAs } from '@drylane/proto/document';
import { DrylaneError } from '@drylane/proto/errors';
import { Duration, milliseconds } from '@drylane/proto/quantities';
import type { AfarFlags } from '../afar.ts';
import { printJson, type Status } from '../context.ts';
import { EXIT } from '../exit.ts';
import { utc, visibleLine } from '../terminal.ts';
import { GivenToken, TokenPage, TokenView } from './answers.ts';
import { badId } from './naming.ts';
import { type Fleet, progress } from './open.ts';
import { allOf } from './paging.ts';

/** What `token create` is told. */
export interface TokenFlags extends AfarFlags {
  readonly role: string;
  readonly tenant?: string;
  readonly expires?: string;
  readonly json?: boolean;
}

interface Json {
  readonly json?: boolean;
}

/** `drylane token create`: the token goes to standard output alone, so that it can go into a file. */
export async function createToken(fleet: Fleet, name: string, flags: TokenFlags): Promise<Status> {
  const { role, tenant = null, expires } = flags;
  const asked = { name, role, tenant, expires_ms: expires === undefined ? null : endOf(expires) };
  const body = checkAs(NewToken, asked, 'bad-input');
  const { client, context } = fleet;
  const given = await client.ask(GivenToken, { method: 'POST', path: '/v1/tokens', body });
  if (flags.json) printJson(context, given);
  else {
    progress(fleet, `${lineOf(given.token)}\nthe token itself, this once, on standard output:`);
    context.stdout.write(`${given.text}\n`);
  }
  return EXIT.ok;
}

/** `drylane token list`. */
export async function listTokens({ client, context }: Fleet, { json }: Json): Promise<Status> {
  const tokens = await allOf<TokenView>(async (query) => {
    const page = await client.ask(TokenPage, { method: 'GET', path: '/v1/tokens', query: { ...query } });
    return { found: page.tokens, next: page.next };
  });
  if (json) printJson(context, { tokens });
  else if (tokens.length === 0) context.stdout.write('no tokens\n');
  else for (const token of tokens) context.stdout.write(`${lineOf(token)}\n`);
  return EXIT.ok;
}

/** `drylane token revoke`. */
export async function revokeToken({ client, context }: Fleet, id: string, { json }: Json): Promise<Status> {
  if (!/^[A-Za-z0-9]{12}$/.test(id)) throw badId('token', id, 'drylane token list');
  const token = await client.ask(TokenView, { method: 'DELETE', path: `/v1/tokens/${id}`, isSafe: true });
  if (json) printJson(context, token);
  else context.stdout.write(`${lineOf(token)}\n`);
  return EXIT.ok;
}

function lineOf({ id, name, role, tenant, expires_ms: expires, revoked_ms: revoked }: TokenView): string {
  const until = expires === null ? '' : `  expires ${utc(expires)} UTC`;
  const end = revoked === null ? until : `  revoked ${utc(revoked)} UTC`;
  return `${id}  ${visibleLine(name)}  ${role}  ${tenant === null ? 'all tenants' : visibleLine(tenant)}${end}`;
}

function endOf(expires: string): number {
  const duration = Duration.safeParse(expires).data;
  if (duration !== undefined) return Date.now() + milliseconds(duration);
  throw new DrylaneError('bad-input', {
    field: '--expires',
    message: `${expires} is no time`,
    mend: 'write a whole number with a unit: 24h, 720h',
  });
}
