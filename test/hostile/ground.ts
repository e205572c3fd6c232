import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Limits } from '@drylane/proto/limits';
import type { Rehearsal } from '@drylane/proto/rehearsal';
import { DRYLANE } from '../journey/drylane.ts';
import { makePlace } from '../journey/place.ts';

export interface Place {
  readonly root: string;
  readonly site: string;
  readonly state: string;
}

/** What a command may do: the intent and the limits that control and attack have in common. */
export interface Allowed {
  /** Expected writes; none is a read-only intent. */
  readonly writes?: readonly string[];
  readonly network?: readonly string[];
  readonly credentials?: readonly string[];
  readonly exits?: readonly number[];
  readonly env?: Readonly<Record<string, string>>;
  readonly limits?: Limits;
  readonly shell?: 'bash' | 'sh';
}

/** A place with a workspace that hostile commands are rehearsed over, and files beside it that they must not reach. */
export interface Ground extends Place, AsyncDisposable {
  rehearse(command: string, allowed?: Allowed): Promise<Rehearsal>;
  /** What people see of the same: standard output and error of a run of the command line. */
  shown(args: readonly string[]): Promise<string>;
}

/** Stands in a file beside the workspace and in drylane's own environment: seen anywhere, it was stolen. */
export const SECRET = 'beside-the-workspace-4b1d';

/** Characters that a terminal obeys, that turn the reading order, or that are there unseen. */
export const UNSAFE = /[^\t\n\P{Cc}]|[\u061c\u200b-\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/u;

const DEFAULT_WRITES = ['src/', 'src/*'];

/** Makes the ground, and rehearses once on it, so that all that is made only once is there. */
export async function openGround(name: string): Promise<Ground> {
  const place = await makePlace(`hostile-${name}`);
  const { root, site, state } = place;
  await Promise.all([mkdir(join(site, 'src')), mkdir(join(root, 'outside'))]);
  await writeFile(join(site, 'a'), 'a\n');
  await writeFile(join(site, 'src', 'one'), 'one\n');
  await writeFile(join(root, 'outside', 'secret'), `${SECRET}\n`);
  const shown = async (args: readonly string[]) => {
    const { stdout, stderr } = await drylane([...args, '--state', state], { cwd: site });
    return stdout + stderr;
  };
  const rehearse = async (command: string, allowed: Allowed = {}): Promise<Rehearsal> => {
    const input = JSON.stringify(envelopeOf(site, command, allowed));
    const args = ['rehearse', '--json', '-f', '-', '--state', state, ...runtimeArguments()];
    const { status, stdout, stderr } = await drylane(args, { cwd: site, input });
    if (![0, 10, 11, 12].includes(status ?? -1)) throw new Error(`drylane exited with ${status}: ${stderr}`);
    if (UNSAFE.test(stdout)) throw new Error(`not safe to show: ${JSON.stringify(stdout)}`);
    return JSON.parse(stdout) as Rehearsal;
  };
  await rehearse('true');
  return { root, site, state, rehearse, shown, [Symbol.asyncDispose]: () => place[Symbol.asyncDispose]() };
}

function runtimeArguments(): string[] {
  const runtime = process.env.DRYLANE_RUNTIME;
  return runtime === undefined ? [] : ['--runtime', runtime];
}

function envelopeOf(site: string, command: string, allowed: Allowed) {
  const { writes = DEFAULT_WRITES, network = [], credentials = [], exits = [0] } = allowed;
  return {
    command,
    working_dir: site,
    workspace: { path: site },
    ...(allowed.shell !== undefined && { shell: allowed.shell }),
    intent: {
      summary: 'a hostile command or its harmless control',
      ...(writes.length === 0 ? { mode: 'read-only' } : { mode: 'mutating', expected_writes: writes }),
      network: network.length === 0 ? 'none' : network,
      credentials,
      expected_exit: exits,
    },
    env: allowed.env ?? {},
    limits: { timeout: '20s', ...allowed.limits },
  };
}

async function drylane(args: readonly string[], { cwd, input }: { cwd: string; input?: string }) {
  const env = { ...process.env, NO_COLOR: '1', HOSTILE_SECRET: SECRET };
  const child = spawn(process.execPath, [DRYLANE, ...args], { cwd, env, stdio: 'pipe' });
  // Not spawnSync: what listens for the attack on the host lives in this process.
  const closed = new Promise<number | null>((resolve, reject) => {
    child.on('close', resolve);
    child.on('error', reject);
  });
  child.stdin.end(input ?? '');
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { status, stdout, stderr };
}
