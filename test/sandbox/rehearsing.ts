import { createRedactor } from '@drylane/chassis/redact/redact';
import { type Limits, limitValues } from '@drylane/proto/limits';
import { type Rehearsed, rehearse } from '@drylane/worker/rehearse/run';
import { dockerSandbox } from '@drylane/worker/sandbox/docker';
import { connectEngine } from '@drylane/worker/sandbox/engine';
import { slot } from '@drylane/worker/sandbox/slot';
import { volume } from '@drylane/worker/sandbox/volume';

/** Both ways to give a container its workspace; every test of evidence runs through each. */
export const WAYS = ['slot', 'volume'] as const;

export interface Rehearsing {
  readonly site: string;
  readonly state: string;
  readonly way: (typeof WAYS)[number];
  readonly limits?: Limits;
  readonly shell?: 'bash' | 'sh';
}

/** Rehearses a command in a real container, without the command line around it. */
export async function rehearsing(
  command: string,
  { site, state, way, limits = {}, shell = 'bash' }: Rehearsing,
): Promise<Rehearsed> {
  const engine = await connectEngine();
  const giver = way === 'slot' ? slot : volume(engine);
  const sandbox = dockerSandbox({ engine, stateDir: state, giver });
  const request = {
    runId: 'run_test',
    command,
    shell,
    workspace: site,
    workingDir: site,
    image: 'drylane/sandbox',
    runtime: null,
    env: {},
    limits: limitValues({ timeout: '20s', ...limits }),
    expected: ['**'],
    forbidden: ['secrets/', '/etc/shadow'],
    strippedEnv: [],
  };
  return rehearse(sandbox, request, createRedactor([]));
}
