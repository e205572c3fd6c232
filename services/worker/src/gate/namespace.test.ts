import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enterNetwork, type NetworkOwner } from './namespace.ts';

let owner: ChildProcess & { readonly pid?: number };
let container: NetworkOwner;

beforeAll(async () => {
  owner = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up; echo up; exec sleep 300'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(owner.stdout ?? owner, 'data');
  const pid = owner.pid ?? 0;
  // Whatever its control groups are called stands for the container's name.
  container = { pid, container: readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim() };
});
afterAll(() => {
  owner.kill('SIGKILL');
});

/** What somebody in that network hears who connects. */
const heardInside = (address: string, port: number): Promise<string> => {
  const script = `exec 3<>/dev/tcp/${address}/${port} && cat <&3`;
  const net = `--net=/proc/${container.pid}/ns/net`;
  return text(spawn('nsenter', [net, 'bash', '-c', script], { stdio: ['ignore', 'pipe', 'ignore'] }).stdout);
};

/** A socket that was handed over, with somebody behind it. */
function answering(handle: object, visit: (socket: Socket) => void) {
  return createServer({ allowHalfOpen: true, pauseOnConnect: true }, visit).listen(handle);
}

/** The processes of ours that stand in a container's network. */
function helpers(): number[] {
  const { stdout } = spawnSync('pgrep', ['-P', `${process.pid}`, '-f', 'gate/opener'], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean).map(Number);
}

describe('the network of a container', () => {
  it('has sockets of ours, which nobody else has', async () => {
    const namespace = enterNetwork(container);
    const handle = await namespace.streams('127.64.0.1', 443);
    const server = answering(handle ?? {}, (socket) => socket.end('from outside\n'));
    expect(await heardInside('127.64.0.1', 443)).toBe('from outside\n');
    expect(await heardInside('127.64.0.2', 443)).toBe('');
    expect(execFileSync('ss', ['-Hltn'], { encoding: 'utf8' })).not.toContain('127.64.0.1');
    server.close();
    await namespace.close();
    expect(await heardInside('127.64.0.1', 443)).toBe('');
  });

  it('gives every visitor to us and none to whoever opened the socket', async () => {
    const namespace = enterNetwork(container);
    const handle = await namespace.streams('127.64.0.1', 80);
    const server = answering(handle ?? {}, (socket) => socket.end('.'));
    const heard = await Promise.all(Array.from({ length: 40 }, () => heardInside('127.64.0.1', 80)));
    expect(heard).toEqual(Array(40).fill('.'));
    server.close();
    await namespace.close();
  });

  it('is left by a helper that gives no answer, too', async () => {
    const namespace = enterNetwork(container, { answerMs: 2000 });
    expect(await namespace.streams('127.64.0.3', 80)).toBeDefined();
    const [helper] = helpers();
    process.kill(helper ?? 0, 'SIGSTOP');
    await expect(namespace.streams('127.64.0.4', 80)).rejects.toMatchObject({ code: 'machine-unfit' });
    await namespace.close();
    expect(helpers()).toEqual([]);
  });

  it('has addresses of the outside only once they are adopted', async () => {
    const namespace = enterNetwork(container);
    expect(await namespace.streams('192.0.2.77', 5432)).toBeUndefined();
    await namespace.adopt('192.0.2.77');
    const server = answering((await namespace.streams('192.0.2.77', 5432)) ?? {}, (socket) =>
      socket.end('db\n'),
    );
    expect(await heardInside('192.0.2.77', 5432)).toBe('db\n');
    server.close();
    await namespace.close();
  });

  it('has no place twice', async () => {
    const namespace = enterNetwork(container);
    const first = await namespace.datagrams('127.0.0.1', 53);
    expect(first).toBeDefined();
    expect(await namespace.datagrams('127.0.0.1', 53)).toBeUndefined();
    const one = await namespace.streams('127.0.0.1', 53);
    expect(await namespace.streams('127.0.0.1', 53)).toBeUndefined();
    first?.close();
    one?.close();
    await namespace.close();
  });

  it('is nobody’s who is gone, not another’s who has its number, and never this machine’s own', () => {
    expect(() => enterNetwork({ pid: 2 ** 30, container: '' })).toThrow(
      expect.objectContaining({ code: 'machine-unfit' }),
    );
    expect(() => enterNetwork({ ...container, container: 'another' })).toThrow(
      expect.objectContaining({ code: 'sandbox-failed' }),
    );
    expect(() => enterNetwork({ pid: process.pid, container: '' })).toThrow(
      expect.objectContaining({ code: 'sandbox-failed' }),
    );
  });

  it('tells when what opens its sockets has gone', async () => {
    const namespace = enterNetwork(container);
    await (await namespace.streams('127.64.0.9', 80))?.close();
    const openers = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
      .split(' ')
      .filter(Boolean);
    const opener = openers.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('opener.ts'));
    process.kill(Number(opener), 'SIGKILL');
    await expect(namespace.streams('127.64.0.8', 80)).rejects.toMatchObject({ code: 'machine-unfit' });
    await namespace.close();
  });
});
