import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileBlobs } from '@drylane/chassis/blobs/files';
import type { KnownSecret } from '@drylane/chassis/redact/known';
import { createRedactor } from '@drylane/chassis/redact/redact';
import { type Limits, limitValues } from '@drylane/proto/limits';
import type { Resolve } from '@drylane/worker/gate/dial';
import { rerun } from '@drylane/worker/promote/rerun';
import type { Rehearsed } from '@drylane/worker/rehearse/run';
import { dockerSandbox } from '@drylane/worker/sandbox/docker';
import { connectEngine } from '@drylane/worker/sandbox/engine';
import { slot } from '@drylane/worker/sandbox/slot';
import { volume } from '@drylane/worker/sandbox/volume';
import { expect } from 'vitest';
import { hashTree } from '../demo/tree.ts';
import { leftBehind, NOTHING_LEFT } from '../hostile/host.ts';
import { makePlace } from '../journey/place.ts';
import type { WAYS } from './rehearsing.ts';
import { openServers, type Servers } from './servers.ts';

interface Rerunning {
  readonly site: string;
  readonly state: string;
  readonly way?: (typeof WAYS)[number];
  readonly network?: readonly string[];
  readonly credentials?: readonly KnownSecret[];
  readonly resolve?: Resolve;
  readonly begin?: () => void | Promise<void>;
  readonly limits?: Limits;
}

/** Runs a command for real in a real container, without the command line around it. */
async function rerunning(command: string, asked: Rerunning): Promise<Rehearsed> {
  const engine = await connectEngine();
  const giver = asked.way === 'volume' ? volume(engine) : slot;
  const { site, state, credentials = [] } = asked;
  const request = {
    runId: 'run_test',
    command,
    shell: 'bash' as const,
    source: site,
    workspace: site,
    workingDir: site,
    image: 'drylane/sandbox',
    runtime: process.env.DRYLANE_RUNTIME ?? null,
    env: {},
    limits: limitValues({ timeout: '30s', ...asked.limits }),
    credentials,
    network: asked.network ?? [],
    begin: asked.begin ?? (() => undefined),
    ...(asked.resolve === undefined ? {} : { resolve: asked.resolve }),
    expected: ['**'],
    forbidden: ['secrets/'],
    strippedEnv: [],
  };
  const handling = { redactor: createRedactor(credentials), blobs: fileBlobs(join(state, 'blobs')) };
  return rerun(dockerSandbox({ engine, stateDir: state, giver }), request, handling);
}

/** A workspace, servers that a command of it may want to reach, and the names by which it may. */
export interface LiveGround extends AsyncDisposable {
  readonly site: string;
  readonly root: string;
  readonly state: string;
  readonly servers: Servers;
  /** Every name that was looked up outside the container. */
  readonly asked: string[];
  /** Runs a command that declared one port of one host, unless it says otherwise. */
  live(command: string, more?: Partial<Rerunning>): Promise<Rehearsed>;
  forget(): void;
}

/** Opens the ground; when it is closed, the workspace must be as it was, and nothing of any run may be left. */
export async function openLiveGround(name: string): Promise<LiveGround> {
  const place = await makePlace(name);
  const servers = await openServers(place.root);
  const before = await hashTree(place.site);
  const asked: string[] = [];
  const resolve: Resolve = async (looked) => {
    asked.push(looked);
    if (looked === 'rebound.example.test') return ['127.0.0.1'];
    // Where clouds give a machine its credentials.
    return looked === 'cloud.example.test' ? ['169.254.169.254'] : [servers.address];
  };
  const { root, site, state } = place;
  return {
    ...{ root, site, state, servers, asked },
    live: (command, more = {}) =>
      rerunning(command, { site, state, resolve, network: [`api.example.test:${servers.port}`], ...more }),
    forget() {
      for (const list of [asked, servers.heard, servers.knocks]) list.length = 0;
      servers.meanwhile = () => undefined;
    },
    async [Symbol.asyncDispose]() {
      await servers[Symbol.asyncDispose]();
      expect(await hashTree(site)).toBe(before);
      expect(await leftBehind(place)).toEqual(NOTHING_LEFT);
      expect(await openers()).toEqual([]);
      await place[Symbol.asyncDispose]();
    },
  };
}

/** Command lines of what this process started to open sockets in a container's network. */
export async function openers(): Promise<string[]> {
  const children = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8');
  const lines = await Promise.all(
    children
      .split(' ')
      .filter(Boolean)
      .map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes('opener.ts'));
}
