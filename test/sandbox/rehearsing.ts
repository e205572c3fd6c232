import { createHash, randomBytes } from 'node:crypto';
import type { Blobs } from '@drylane/chassis/blobs/blobs';
import { createRedactor } from '@drylane/chassis/redact/redact';
import { digestOf } from '@drylane/proto/digest';
import { type Limits, limitValues } from '@drylane/proto/limits';
import type { PathPattern } from '@drylane/proto/paths';
import { mintCanaries } from '@drylane/worker/evidence/canaries';
import { type Rehearsed, rehearse } from '@drylane/worker/rehearse/run';
import { dockerSandbox } from '@drylane/worker/sandbox/docker';
import { connectEngine } from '@drylane/worker/sandbox/engine';
import type { Sandbox } from '@drylane/worker/sandbox/sandbox';
import { slot } from '@drylane/worker/sandbox/slot';
import { volume } from '@drylane/worker/sandbox/volume';

/** Both ways to give a container its workspace; every test of evidence runs through each. */
export const WAYS = ['slot', 'volume'] as const;

export interface Rehearsing {
  readonly site: string;
  readonly state: string;
  readonly way: (typeof WAYS)[number];
  /** Where the workspace stands in the container; left out: where it does on this machine. */
  readonly at?: string;
  readonly limits?: Limits;
  readonly shell?: 'bash' | 'sh';
  /** Is handed the removal of the sandbox; left out: it is waited for. */
  readonly leaving?: (gone: Promise<void>) => void;
  /** Gives the rehearsal up. */
  readonly signal?: AbortSignal;
  readonly image?: string;
  readonly expected?: readonly PathPattern[];
  /** Hosts that intent names. */
  readonly network?: readonly string[];
  /** Credentials that intent names, each with its mock's shape. */
  readonly credentials?: Readonly<Record<string, string>>;
}

/** Rehearses a command in a real container, without the command line around it. */
export async function rehearsing(command: string, asked: Rehearsing): Promise<Rehearsed> {
  const engine = await connectEngine();
  const giver = asked.way === 'slot' ? slot : volume(engine);
  return rehearsingIn(dockerSandbox({ engine, stateDir: asked.state, giver }), command, asked);
}

/** The same in a sandbox that is there already, as a process that rehearses many commands has one. */
export async function rehearsingIn(
  sandbox: Sandbox,
  command: string,
  { site, limits = {}, shell = 'bash', ...asked }: Omit<Rehearsing, 'state' | 'way'>,
): Promise<Rehearsed> {
  const mocks = Object.entries(asked.credentials ?? {}).map(([name, mock]) => [name, { mock }]);
  const canaries = mintCanaries(Object.keys(asked.credentials ?? {}), Object.fromEntries(mocks), randomBytes);
  const request = {
    runId: 'run_test',
    command,
    shell,
    source: site,
    workspace: asked.at ?? site,
    workingDir: asked.at ?? site,
    image: asked.image ?? 'drylane/sandbox',
    // Another runtime, such as gVisor's, for the whole suite.
    runtime: process.env.DRYLANE_RUNTIME ?? null,
    env: {},
    limits: limitValues({ timeout: '20s', ...limits }),
    canaries,
    network: asked.network ?? [],
    expected: asked.expected ?? ['**'],
    forbidden: ['secrets/', '/etc/shadow'],
    strippedEnv: [],
  };
  return rehearse(sandbox, request, {
    redactor: createRedactor(canaries),
    blobs: NOWHERE,
    signal: asked.signal,
    ...(asked.leaving && { leaving: asked.leaving }),
  });
}

/** Takes bytes to their end, and keeps none of them. */
const NOWHERE: Pick<Blobs, 'put' | 'putStream'> = {
  put: async (bytes) => digestOf(bytes),
  async putStream(source) {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of source) {
      hash.update(chunk);
      size += chunk.length;
    }
    return { digest: `sha256:${hash.digest('hex')}`, size };
  },
};
