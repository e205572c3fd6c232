import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import {
  type CryptoKey,
  exportJWK,
  type GenerateKeyPairResult,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';

export type Key = GenerateKeyPairResult & { readonly kid: string; readonly alg: string; readonly jwk: JWK };

/** Makes a key pair as issuers have them. */
export async function makeKey(kid: string, alg = 'RS256'): Promise<Key> {
  const pair = await generateKeyPair(alg, { extractable: true });
  return { ...pair, kid, alg, jwk: { ...(await exportJWK(pair.publicKey)), kid, alg, use: 'sig' } };
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A real issuer on this machine. */
export interface TestIssuer {
  readonly issuer: string;
  /** The public keys that it shows now, and what it says of itself. */
  keys: readonly unknown[];
  configuration: Readonly<Record<string, unknown>>;
  /** Instead of what it should answer, by path. */
  readonly instead: Map<string, Answer>;
  /** The paths that it was asked for. */
  readonly asked: string[];
  stop(): Promise<void>;
}

/** Starts an issuer; with a certificate, it speaks https. */
export async function startIssuer(tls?: {
  readonly key: string;
  readonly cert: string;
}): Promise<TestIssuer> {
  const answer: Answer = (request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const known: Readonly<Record<string, unknown>> = {
      '/.well-known/openid-configuration': state.configuration,
      '/keys': { keys: state.keys },
    };
    const other = instead.get(path);
    if (other !== undefined) return other(request, response);
    response.writeHead(path in known ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(known[path] ?? {}));
  };
  const [asked, instead]: [string[], Map<string, Answer>] = [[], new Map()];
  const server: Server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const issuer = tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`;
  const state: TestIssuer = {
    ...{ issuer, keys: [], configuration: { issuer, jwks_uri: `${issuer}/keys` }, instead, asked },
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
  return state;
}

/** Signs claims with a key, under a header of its own if it has to. */
export function sign(
  claims: JWTPayload,
  { kid, alg, privateKey }: Pick<Key, 'kid' | 'alg'> & { readonly privateKey: CryptoKey | Uint8Array },
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, kid, typ: 'JWT', ...header }).sign(privateKey);
}
