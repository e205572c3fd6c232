import { type ChildProcess, spawn } from 'node:child_process';
import { Socket as Datagrams } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { DrylaneError } from '@drylane/proto/errors';
import type { Opened, OpenOrder } from './orders.ts';

const OPENER = fileURLToPath(new URL('./opener.ts', import.meta.url));
const NAMESPACE_FD = 3;
// It opens a socket; whatever takes so long will not come.
const ANSWER_MS = 30_000;

/** The network of one container, in which sockets of ours can be opened. */
export interface Namespace {
  /** Streams that come to a place there; undefined where the place is taken or not there. */
  streams(address: string, port: number): Promise<Server | undefined>;
  datagrams(address: string, port: number): Promise<Datagrams | undefined>;
  /** Makes an address of the outside one of this network's own, so that what is sent there comes to us. */
  adopt(address: string): Promise<void>;
  close(): Promise<void>;
}

/** Whose network it is: a process as this host numbers it, and the container that it must belong to. */
export interface NetworkOwner {
  readonly pid: number;
  readonly container: string;
}

/**
 * Enters the network of a container.
 * @throws DrylaneError `machine-unfit` where this user may not.
 */
export function enterNetwork(owner: NetworkOwner, { answerMs } = { answerMs: ANSWER_MS }): Namespace {
  const fd = openNamespace(owner);
  let opener: Opener | undefined;
  const handed = async (order: Omit<OpenOrder, 'id'>): Promise<unknown> => {
    opener ??= startOpener(fd, answerMs);
    return opener.open(order);
  };
  return {
    async streams(address, port) {
      const handle = await handed({ kind: 'tcp', address, port });
      return handle instanceof Server ? handle : undefined;
    },
    async datagrams(address, port) {
      const handle = await handed({ kind: 'udp', address, port });
      return handle instanceof Datagrams ? handle : undefined;
    },
    adopt: (address) => adopt(fd, address),
    async close() {
      await opener?.close();
      closeSync(fd);
    },
  };
}

function openNamespace({ pid, container }: NetworkOwner): number {
  let fd: number;
  try {
    fd = openSync(`/proc/${pid}/ns/net`, 'r');
  } catch (cause) {
    throw unfit(cause);
  }
  // The number may be another process's by now: then what was opened could be anybody's network, this host's too.
  const ours = statSync('/proc/self/ns/net');
  const { dev, ino } = fstatSync(fd);
  const still = readFileOrNothing(`/proc/${pid}/cgroup`).includes(container);
  if (still && (dev !== ours.dev || ino !== ours.ino)) return fd;
  closeSync(fd);
  throw new DrylaneError('sandbox-failed', {
    field: 'network',
    message: 'the container has no network of its own, so nothing was run',
    mend: 'see what works here: drylane doctor',
  });
}

function readFileOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

interface Opener {
  open(order: Omit<OpenOrder, 'id'>): Promise<unknown>;
  close(): Promise<void>;
}

function startOpener(fd: number, answerMs: number): Opener {
  const child = enter(fd, [process.execPath, OPENER], 'ipc');
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let orders = 0;
  let gone = false;
  const lost = (cause?: unknown): void => {
    gone = true;
    for (const { reject } of waiting.values()) reject(unfit(cause));
    waiting.clear();
  };
  child.on('error', lost);
  child.on('exit', () => lost());
  child.on('message', ({ id, fault }: Opened, handle: unknown) => {
    // Nobody waits for one that came too late, and nobody would close it.
    if (!waiting.has(id) && (handle instanceof Server || handle instanceof Datagrams)) handle.close();
    waiting.get(id)?.resolve(fault === null ? handle : undefined);
    waiting.delete(id);
  });
  return {
    open(order) {
      const answer = Promise.withResolvers<unknown>();
      if (gone) return Promise.reject(unfit());
      orders += 1;
      waiting.set(orders, answer);
      child.send({ ...order, id: orders } satisfies OpenOrder, (fault) => fault && lost(fault));
      const late = setTimeout(lost, answerMs);
      return answer.promise.finally(() => clearTimeout(late));
    },
    async close() {
      // One that gives no answer lives still, unless it never began or has ended.
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function adopt(fd: number, address: string): Promise<void> {
  const child = enter(fd, ['ip', 'address', 'add', `${address}/32`, 'dev', 'lo'], 'ignore');
  const status = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', resolve);
  });
  if (status !== 0)
    throw new DrylaneError('machine-unfit', {
      field: `intent.network: ${address}`,
      message: 'an address cannot be given to the container, so nothing was run',
      mend: 'install iproute2 on this machine, or declare a host by its name',
    });
}

/** Starts a program of this host in a network; nothing else of it is the container's. */
function enter(fd: number, program: readonly string[], last: 'ipc' | 'ignore'): ChildProcess {
  return spawn('nsenter', [`--net=/proc/self/fd/${NAMESPACE_FD}`, '--', ...program], {
    stdio: ['ignore', 'ignore', 'ignore', fd, last],
    // Nothing that would make Node listen for a debugger, which the container could reach; and no credential.
    env: { PATH: process.env.PATH ?? '' },
  });
}

function unfit(cause?: unknown): DrylaneError {
  return new DrylaneError(
    'machine-unfit',
    {
      field: 'network',
      message: 'this user may not open a way out of a container, so nothing was run',
      mend: 'a live run that reaches hosts needs root and nsenter (util-linux)',
    },
    cause === undefined ? {} : { cause },
  );
}
