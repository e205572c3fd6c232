import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineAt } from './engine.ts';
import { readEvents } from './events.ts';

const docker = engineAt();
const main = join(import.meta.dirname, 'main.ts');
const bare = `drylane-test/bare-${process.pid}:latest`;
const IMAGES = ['drylane/sandbox:latest', 'drylane/toolkit:latest'];

/** Runs a command in a fresh container, as little trusted as a rehearsal is; answers its status and output. */
async function inContainer(image: string, command: string[], binds: string[] = []) {
  const hardened = {
    NetworkMode: 'none',
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    Binds: binds,
  };
  const container = await docker.createContainer({
    Image: image,
    Cmd: command,
    User: '1234:1234',
    HostConfig: hardened,
  });
  try {
    const stream = await container.attach({ stream: true, stdout: true, stderr: true });
    const output = new PassThrough();
    docker.modem.demuxStream(stream, output, output);
    stream.once('end', () => output.end());
    await container.start();
    const { StatusCode: status } = await container.wait();
    return { status, output: await text(output) };
  } finally {
    await container.remove({ v: true, force: true });
  }
}

describe('the machine', () => {
  it('is left as it is when it is ready: the same images, one line, nothing about building', async () => {
    const ids = () => Promise.all(IMAGES.map(async (tag) => (await docker.getImage(tag).inspect()).Id));
    const run = () => spawnSync(process.execPath, [main], { encoding: 'utf8' });
    expect(run()).toMatchObject({ status: 0, stdout: '' });
    const before = await ids();
    const second = run();
    expect(second.stderr).toMatch(/^this machine is ready \(container engine [^\n]+\)\n$/);
    expect(second).toMatchObject({ status: 0, stdout: '' });
    expect(await ids()).toEqual(before);
  });

  it('is made ready for less when only that is asked for', () => {
    const run = spawnSync(process.execPath, [main, 'rehearsals'], { encoding: 'utf8' });
    expect(run).toMatchObject({ status: 0, stderr: expect.stringMatching(/^this machine is ready/) });
  });

  it('refuses words that it does not know', () => {
    const run = spawnSync(process.execPath, [main, 'destroy'], { encoding: 'utf8' });
    expect(run).toMatchObject({ status: 2, stderr: 'usage: npm run machine [-- rehearsals | stop]\n' });
  });

  it('asks for the engine that was chosen and puts no other in its place', () => {
    const env = { ...process.env, DOCKER_HOST: 'tcp://127.0.0.1:1' };
    const run = spawnSync(process.execPath, [main], { encoding: 'utf8', env });
    expect(run.status).toBe(3);
    expect(run.stderr).toBe(
      'no container engine answers at DOCKER_HOST=tcp://127.0.0.1:1; type: unset DOCKER_HOST\n',
    );
  });
});

describe('the sandbox image', () => {
  const tools =
    'bash sort find sed awk perl git python3 node make jq curl diff xargs grep tar gzip cmp env timeout'.split(
      ' ',
    );

  it('has every everyday tool', async () => {
    const script = tools.map((tool) => `command -v ${tool} >/dev/null || echo ${tool}`);
    const versions = tools
      .filter((tool) => tool !== 'awk')
      .map((tool) => `${tool} --version >/dev/null || echo ${tool}`);
    const all = [...script, ...versions, "awk 'BEGIN { exit 0 }' || echo awk"].join('\n');
    expect(await inContainer(IMAGES[0] ?? '', ['bash', '-c', all])).toEqual({ status: 0, output: '' });
  });

  it('gives any user a home, a UTF-8 locale and the Node that runs this', async () => {
    const script = 'touch ~/x && stat -c %a "$HOME" && echo "$HOME $LANG" && node -p process.version';
    const { status, output } = await inContainer(IMAGES[0] ?? '', ['bash', '-c', script]);
    expect(output).toBe(`1777\n/home/drylane C.UTF-8\n${process.version}\n`);
    expect(status).toBe(0);
  });

  it('sets nothing to run by itself', async () => {
    const { Config } = await docker.getImage(IMAGES[0] ?? '').inspect();
    expect(Config.Cmd).toEqual(['bash']);
    expect(Config.Entrypoint ?? null).toBeNull();
    expect(Config.Volumes ?? null).toBeNull();
    expect(Config.ExposedPorts ?? null).toBeNull();
  });
});

describe('the toolkit', () => {
  const volume = `drylane-test-toolkit-${process.pid}`;
  let scratch = '';

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'drylane-bare-'));
    // An image with nothing but a static busybox, and the toolkit mounted into it as a rehearsal has it.
    const dockerfile =
      'FROM drylane/toolkit:latest AS toolkit\nFROM scratch\nCOPY --from=toolkit /.drylane/busybox /bin/busybox\n';
    await writeFile(join(scratch, 'Dockerfile'), dockerfile);
    const reports = await docker.buildImage(
      { context: scratch, src: ['Dockerfile'] },
      { t: bare, forcerm: true },
    );
    await readEvents(reports, { idleMs: 60_000, onText: () => {} });
    // A new volume takes on what the image has at the place where it is mounted.
    await inContainer('drylane/toolkit:latest', ['/.drylane/busybox', 'true'], [`${volume}:/.drylane`]);
  });

  afterAll(async () => {
    await docker.getVolume(volume).remove();
    await docker.getImage(bare).remove();
    await rm(scratch, { recursive: true });
  });

  const inBare = (command: string[]) => inContainer(bare, command, [`${volume}:/.drylane:ro`]);

  it('traces a command in an image that has nothing but busybox', async () => {
    const [loader] = (
      await inBare(['/.drylane/busybox', 'sh', '-c', 'echo /.drylane/lib/ld-linux*'])
    ).output.split('\n');
    const strace = [loader ?? '', '--library-path', '/.drylane/lib', '/.drylane/strace'];
    const command = [
      '-f',
      '--seccomp-bpf',
      '-e',
      'trace=process,connect',
      '--',
      '/bin/busybox',
      'sh',
      '-c',
      'exit 5',
    ];
    const { status, output } = await inBare([...strace, ...command]);
    // What could not be read when it was started shows as where it stands.
    expect(output).toMatch(/^execve\(0x[0-9a-f]+, 0x[0-9a-f]+, 0x[0-9a-f]+\) = 0$/m);
    expect(output).toContain('+++ exited with 5 +++');
    expect(status).toBe(5);
  });

  it('may be run by all, lets nobody read what is started of it, and holds nothing else', async () => {
    const found = async (...test: string[]) =>
      (await inBare(['/bin/busybox', 'find', '/.drylane', ...test])).output
        .split('\n')
        .filter(Boolean)
        .sort();
    expect(await found('!', '-perm', '0755', '!', '-perm', '0111')).toEqual([]);
    expect(await found('-perm', '0111')).toEqual([
      '/.drylane/busybox',
      expect.stringMatching(/^\/\.drylane\/lib\/ld-linux/),
    ]);
    const top = await inBare(['/bin/busybox', 'ls', '/.drylane']);
    expect(top.output).toBe('busybox\nlib\nstrace\n');
  });
});
