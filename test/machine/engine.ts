import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { DrylaneError } from '@drylane/proto/errors';
import Docker from 'dockerode';
import { findProgram } from './command.ts';
import { type EngineAnswer, type MachineFacts, parseOsRelease } from './plan.ts';

const ANSWER_MS = 5_000;

/**
 * The engine at a socket of this machine, or the one that DOCKER_HOST or the default socket names.
 * @throws DrylaneError `machine-unfit` when DOCKER_HOST is no address.
 */
export function engineAt(socket?: string): Docker {
  // A host from the environment would win over a socket that is asked for.
  if (socket !== undefined) return new Docker({ socketPath: socket, host: undefined });
  try {
    return new Docker();
  } catch (cause) {
    const problem = { field: 'DOCKER_HOST', message: 'DOCKER_HOST is no address', mend: 'unset DOCKER_HOST' };
    throw new DrylaneError('machine-unfit', problem, { cause });
  }
}

/** Really asks the engine, within five seconds: a socket's file alone proves nothing. */
export async function askEngine(docker: Docker): Promise<EngineAnswer> {
  try {
    const version = await within(ANSWER_MS, docker.version());
    return { kind: 'ready', version: version.Version, architecture: version.Arch };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EACCES' || code === 'EPERM') return { kind: 'denied' };
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return { kind: 'absent' };
    return { kind: 'broken', reason: error instanceof Error ? oneLine(error.message) : 'no reason given' };
  }
}

const oneLine = (text: string): string => (text.split('\n')[0] ?? '').slice(0, 200);

async function within<T>(limitMs: number, answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer in ${limitMs / 1000} s`)), limitMs);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Gathers what {@link planEngine} decides by. */
export async function machineFacts(docker: Docker, dockerHost: string | undefined): Promise<MachineFacts> {
  const [engine, program, release] = await Promise.all([
    askEngine(docker),
    findProgram('dockerd'),
    readFile('/etc/os-release', 'utf8').catch(() => ''),
  ]);
  return {
    engine,
    dockerHost,
    platform: process.platform,
    systems: parseOsRelease(release),
    root: process.getuid?.() === 0,
    user: userInfo().username,
    installed: program !== null,
  };
}
