import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { drylane } from '../journey/drylane.ts';
import { type Fleet, startFleet } from './fleet.ts';

/** The command line at work against a fleet of its own. */
export interface CliFleet extends AsyncDisposable {
  readonly fleet: Fleet;
  /** A directory that no worker sees. */
  readonly own: string;
  /** What the command line is told of the fleet, as somebody with a token of a role. */
  readonly agent: NodeJS.ProcessEnv;
  readonly approver: NodeJS.ProcessEnv;
  readonly operator: NodeJS.ProcessEnv;
  /** Runs it to its end, as the agent if nobody else is named. */
  run(args: readonly string[], options?: RunOptions): ReturnType<typeof drylane>;
}

interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts a fleet, and gives out tokens for it. */
export async function openCliFleet(...fleetIs: Parameters<typeof startFleet>): Promise<CliFleet> {
  const fleet = await startFleet(...fleetIs);
  const own = await realpath(await mkdtemp(join(tmpdir(), 'drylane-fleet-cli-')));
  const as = async (role: string): Promise<NodeJS.ProcessEnv> => {
    const file = join(own, `${role}.token`);
    await writeFile(file, `${await fleet.token(role, 'web')}\n`, { mode: 0o600 });
    return { DRYLANE_URL: fleet.url, DRYLANE_TOKEN_FILE: file, XDG_STATE_HOME: join(own, 'state') };
  };
  const agent = await as('submitter');
  return {
    ...{ fleet, own, agent, approver: await as('approver'), operator: await as('operator') },
    run(args, options = {}) {
      const done = drylane(args, { cwd: own, env: agent, ...options });
      // It repeats no token, whatever happens.
      expect(done.stdout + done.stderr).not.toMatch(/drl_[A-Za-z0-9]{12}_/);
      return done;
    },
    async [Symbol.asyncDispose]() {
      await fleet[Symbol.asyncDispose]();
      await rm(own, { recursive: true, force: true });
    },
  };
}

/** A workspace with a file in it. */
export async function makeSite(root: string, name: string): Promise<string> {
  const directory = join(root, name);
  await mkdir(directory);
  await writeFile(join(directory, 'a.txt'), 'old\n');
  return directory;
}

/** What stands in that file. */
export const textIn = (directory: string): Promise<string> => readFile(join(directory, 'a.txt'), 'utf8');

export const WRITE = ['--expect', '*.txt', '--', 'echo new > a.txt'];
/** Ends as it should not, which holds it until a person looks. */
export const HELD = ['--expect', '*.txt', '--expect-exit', '3', '--', 'echo new > a.txt'];

/** The run that is named first. */
export const idIn = (said: string): string => /run_[0-9A-Z]{26}/.exec(said)?.[0] ?? 'none';
