import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NetworkAttempt } from '@drylane/proto/evidence';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { processesWith } from '../hostile/host.ts';
import { WAYS } from './rehearsing.ts';
import { type LiveGround, openers, openLiveGround } from './rerunning.ts';

const TOKEN = { name: 'GITHUB_TOKEN', value: ['ghp', 'q7Rk2mZp9Xc4Vb8Nt6Ls1Wd5Hf3Jg0Ya7Te2'].join('_') };

/** Lines, blanks at both ends, quotes, backslashes, control characters, and letters beyond ASCII. */
const ODD = {
  name: 'ODD_KEY',
  value: `\n  -----BEGIN\\n "$x" \`y\` 'z' \t\x01\x7f\x85é…\u{1f511}\r\n${'k'.repeat(70_000)}\n\n`,
};

let ground: LiveGround;
beforeAll(async () => {
  ground = await openLiveGround('rerun');
});
afterAll(() => ground[Symbol.asyncDispose]());
beforeEach(() => ground.forget());

const tried = (network: readonly NetworkAttempt[]) =>
  network.map(({ step, program, protocol, host, address, port, declared }) => [
    ...[step, program, protocol, host ?? address, port, declared],
  ]);

const python = (text: string): string => `python3 -c '${text}'; true`;

describe.each(WAYS)('a live run through %s', (way) => {
  it('reaches the declared host with the real credential, and evidence names it', async () => {
    const url = `http://api.example.test:${ground.servers.port}`;
    const command = `curl -sf -H "Authorization: Bearer $GITHUB_TOKEN" ${url}/a > out && ${python(
      `import urllib.request as u; print(u.urlopen("${url}/b").read())`,
    )}`;
    const { evidence, changeSet } = await ground.live(command, { way, credentials: [TOKEN] });
    expect(ground.servers.heard).toEqual([
      { url: '/a', authorization: `Bearer ${TOKEN.value}`, body: '' },
      { url: '/b', authorization: undefined, body: '' },
    ]);
    expect(tried(evidence.network)).toEqual([
      [0, 'curl', 'dns', 'api.example.test', null, true],
      [0, 'curl', 'tcp', 'api.example.test', ground.servers.port, true],
      [1, 'python3', 'dns', 'api.example.test', null, true],
      [1, 'python3', 'tcp', 'api.example.test', ground.servers.port, true],
    ]);
    expect(evidence).toMatchObject({ complete: true, exit_code: 0, canaries: [] });
    expect(evidence.fidelity).toMatchObject({ network: 'allowlist', mocked_credentials: [] });
    expect(evidence.changes.map(({ path, kind, step }) => [path, kind, step])).toEqual([['out', 'added', 0]]);
    expect(changeSet).not.toBeNull();
  });
});

describe('the real credential', () => {
  it('is in no argument, configuration, log or file, while the command runs or afterwards', async () => {
    const half = TOKEN.value.slice(8, 28);
    const seen: string[] = [];
    let container = '';
    ground.servers.meanwhile = async () => {
      const here = ['ps', '-q', '--no-trunc', '--filter', `volume=${ground.site}`];
      container = execFileSync('docker', here, { encoding: 'utf8' }).trim();
      if (inspected(container).includes(half)) seen.push('docker inspect');
      if ((await processesWith(half)).length > 0) seen.push('arguments');
      for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
        const [groups = '', environment = ''] = await Promise.all(
          ['cgroup', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '')),
        );
        if (environment.includes(half) && !groups.includes(container)) seen.push(`environment of ${pid}`);
      }
      seen.push(...(await filesWith(ground.state, half)));
    };
    // Not curl, which would be told the credential as an argument by the command itself.
    const command = `python3 -c 'import os, urllib.request as u
token = {"Authorization": "Bearer " + os.environ["GITHUB_TOKEN"]}
u.urlopen(u.Request("http://api.example.test:${ground.servers.port}/", headers=token))'`;
    const rehearsed = await ground.live(`${command} && ${command} && echo x > x`, { credentials: [TOKEN] });
    expect(ground.servers.heard.map(({ authorization }) => authorization)).toEqual(
      Array(2).fill(`Bearer ${TOKEN.value}`),
    );
    expect(container).not.toBe('');
    expect(seen).toEqual([]);
    expect(JSON.stringify(rehearsed)).not.toContain(half);
    expect(rehearsed.evidence.changes).toHaveLength(1);
    expect(await filesWith(ground.state, half)).toEqual([]);
  });

  it('arrives whole, whatever is in it, beside others, and under the name of a variable of the runner’s', async () => {
    const sent = python(
      `import os, urllib.request as u
for name in ("ODD_KEY", "text", "__drylane_line"): u.urlopen("http://api.example.test:${ground.servers.port}/" + name, os.environb[name.encode()])`,
    );
    const runners = ['text', 'shell', 'how', 'line', '__drylane_line', 'loader', 'keeper'].map((name) => ({
      name,
      value: `value-of-${name}`,
    }));
    await ground.live(sent, { credentials: [ODD, ...runners] });
    expect(ground.servers.heard.map(({ url, body }) => [url, body])).toEqual([
      ['/ODD_KEY', ODD.value],
      ['/text', 'value-of-text'],
      ['/__drylane_line', 'value-of-__drylane_line'],
    ]);
  });

  it('is a leak where it is seen and was not meant for, and then there is nothing to apply', async () => {
    const { evidence, changeSet } = await ground.live('echo $GITHUB_TOKEN; echo $GITHUB_TOKEN > t', {
      credentials: [TOKEN],
    });
    expect(evidence.canaries.map(({ credential, where, path }) => [credential, where, path])).toEqual([
      ['GITHUB_TOKEN', 'stdout', null],
      ['GITHUB_TOKEN', 'change', 't'],
    ]);
    expect(JSON.stringify(evidence)).not.toContain(TOKEN.value);
    expect(changeSet).toBeNull();
  });

  it('needs no way out where intent names no host', async () => {
    const command = '[ -n "$GITHUB_TOKEN" ] && curl -s http://api.example.test/; true';
    const { evidence } = await ground.live(command, { credentials: [TOKEN], network: [] });
    expect(tried(evidence.network)).toEqual([[1, 'curl', 'dns', 'api.example.test', null, false]]);
    expect(ground.asked).toEqual([]);
  });
});

describe('the gate', () => {
  it('leads to a declared address as the command knows it, and to no other port of it', async () => {
    const { address, other, port } = ground.servers;
    const command = `curl -sf http://${address}:${other}/ && curl -s http://${address}:${port}/; true`;
    const { evidence } = await ground.live(command, { network: [`${address}:${other}`] });
    expect(evidence.stdout.text).toBe('secret\n');
    expect(ground.servers.heard).toEqual([]);
    expect(tried(evidence.network)).toEqual([
      [0, 'curl', 'tcp', address, other, true],
      [1, 'curl', 'tcp', address, port, false],
    ]);
  });

  it('leads to the loopback of this machine where localhost is declared, and only there', async () => {
    const { loopback, other } = ground.servers;
    const command = `curl -sf http://localhost:${loopback}/ && curl -s http://localhost:${other}/; true`;
    const { evidence } = await ground.live(command, { network: [`localhost:${loopback}`] });
    expect(evidence.stdout.text).toBe('secret\n');
    expect(ground.servers.knocks).toEqual(['loopback']);
    const [declared, undeclared] = [true, false].map((is) =>
      evidence.network.filter((n) => n.declared === is),
    );
    expect(new Set(declared?.map(({ port }) => port))).toEqual(new Set([loopback]));
    expect(new Set(undeclared?.map(({ port }) => port))).toEqual(new Set([other]));
  });

  it('leads to names below a declared domain, but not to this machine by them', async () => {
    const network = [`*.example.test:${ground.servers.port}`];
    const command = `curl -s --max-time 5 http://a.example.test:${ground.servers.port}/; true`;
    const { evidence } = await ground.live(command, { network });
    expect(ground.servers.heard).toEqual([]);
    expect(ground.asked).toEqual(['a.example.test']);
    expect(evidence.network).toContainEqual(
      expect.objectContaining({
        host: null,
        address: ground.servers.address,
        port: ground.servers.port,
        declared: false,
      }),
    );
  });

  it('answers names over streams too', async () => {
    const query = `import socket, struct
q = struct.pack(">6H", 7, 256, 1, 0, 0, 0) + b"\\3api\\7example\\4test\\0" + struct.pack(">2H", 1, 1)
s = socket.create_connection(("127.0.0.1", 53)); s.sendall(struct.pack(">H", len(q)) + q)
print(socket.inet_ntoa(s.recv(512)[-4:]))`;
    const { evidence } = await ground.live(`python3 -c '${query}'`);
    expect(evidence.stdout.text).toBe('127.64.0.1\n');
  });

  it('is all that listens in there', async () => {
    const command = `curl -s http://api.example.test:${ground.servers.port}/ && cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/unix && ls /proc`;
    const { evidence } = await ground.live(command);
    const sockets = [
      ...evidence.stdout.text.matchAll(/^ *\d+: ([0-9A-F]+:[0-9A-F]{4}) [0-9A-F]+:0000 (0A|07)/gm),
    ];
    const port = ground.servers.port.toString(16).toUpperCase().padStart(4, '0');
    expect(sockets.map(([, at, state]) => `${at} ${state}`).toSorted()).toEqual(
      ['0100007F:0035 07', '0100007F:0035 0A', `0100407F:${port} 0A`].toSorted(),
    );
    expect(evidence.stdout.text).not.toContain('@');
  });

  it('closes with the run, whatever goes on', async () => {
    const closed = Promise.withResolvers<void>();
    ground.servers.meanwhile = () => closed.promise;
    const { evidence } = await ground.live(`curl -s http://api.example.test:${ground.servers.port}/`, {
      limits: { timeout: '3s' },
    });
    closed.resolve();
    expect(evidence).toMatchObject({ timed_out: true, exit_code: null });
    expect(await openers()).toEqual([]);
  });
});

describe('before a live run begins', () => {
  it('everything stands and nothing has run', async () => {
    const order: string[] = [];
    ground.servers.meanwhile = () => void order.push('reached');
    await ground.live(`curl -sf http://api.example.test:${ground.servers.port}/`, {
      begin: () => void order.push('begins'),
    });
    expect(order).toEqual(['begins', 'reached']);
  });

  it('it can be called off, and then nothing runs', async () => {
    const begin = () => Promise.reject(new Error('not now'));
    const run = ground.live(`curl -s http://api.example.test:${ground.servers.port}/; echo x > x`, {
      begin,
      credentials: [TOKEN],
    });
    await expect(run).rejects.toThrow('not now');
    expect(ground.servers.heard).toEqual([]);
    expect(existsSync(join(ground.site, 'x'))).toBe(false);
  });
});

const inspected = (id: string): string => execFileSync('docker', ['inspect', id], { encoding: 'utf8' });

/** Files below a directory that hold a text; what is no file holds none. */
async function filesWith(directory: string, text: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const holds = await Promise.all(
    files.map(async (file) => (await readFile(file).catch(() => '')).includes(text)),
  );
  return files.filter((_, index) => holds[index]);
}
