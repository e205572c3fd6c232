import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';

// npm puts node_modules/.bin first on PATH; what runs as root must not be found there.
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Environment variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment for the system's own programs: its PATH, no questions asked, nothing of npm's. */
export function systemEnvironment(env: Environment): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !/^(npm_|NODE_|DOCKER_)/i.test(entry[0]),
  );
  return {
    ...Object.fromEntries(kept),
    PATH: SYSTEM_PATH,
    LC_ALL: 'C.UTF-8',
    DEBIAN_FRONTEND: 'noninteractive',
  };
}

/** The absolute path of a program of the system, or null. */
export async function findProgram(name: string): Promise<string | null> {
  for (const directory of SYSTEM_PATH.split(':')) {
    const path = join(directory, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return null;
}

/** A command to run, without a shell; its output is added to `log`. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Environment;
  readonly log: string;
}

/** Runs a command to its end and answers its exit status; 127 when it cannot be started, 128 when a signal ended it. */
export async function exitOf(command: Command): Promise<number> {
  const log = await open(command.log, 'a', 0o644);
  try {
    await log.write(`$ ${command.program} ${command.args.join(' ')}\n`);
    return await new Promise<number>((done) => {
      const child = spawn(command.program, [...command.args], {
        env: { ...command.env },
        stdio: ['ignore', log.fd, log.fd],
      });
      child.once('error', () => done(127));
      child.once('close', (code) => done(code ?? 128));
    });
  } finally {
    await log.close();
  }
}

/** Runs a command that must succeed. @throws DrylaneError `machine-unfit` that names the log. */
export async function mustRun(command: Command, doing: string): Promise<void> {
  const status = await exitOf(command);
  if (status !== 0) throw failed(doing, `${command.program} exited with ${status}`, command.log);
}

/** An action that did not come to its end: what was being done, why it stopped, where the whole story is. */
export function failed(doing: string, why: string, log: string, cause?: unknown): DrylaneError {
  const problem = { field: 'machine', message: `${doing}: ${why}`, mend: `see ${log}` };
  return new DrylaneError('machine-unfit', problem, { cause });
}
