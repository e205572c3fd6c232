import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, linkSync, openSync, readSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Rehearsal } from '@drylane/proto/rehearsal';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Ground, SECRET, UNSAFE } from './ground.ts';
import { family } from './pair.ts';

/** Nothing that people or machines are shown of a run holds what stands beside the workspace. */
async function showsNoSecret(report: Rehearsal, ground: Ground): Promise<void> {
  expect(JSON.stringify(report)).not.toContain(SECRET);
  for (const verb of ['show', 'diff'])
    expect(await ground.shown([verb, report.run_id])).not.toContain(SECRET);
}

const SWAP = `python3 -c '
import os
os.mkdir("swap"); os.symlink("../outside", "link")
if os.fork() == 0:
    while True:
        os.rename("swap", "real"); os.rename("link", "swap")
        os.rename("swap", "link"); os.rename("real", "swap")'`;

/** Shell text that makes files by names in Python's notation for bytes. */
const named = (...names: readonly string[]): string =>
  names.map((name) => `python3 -c 'open(b"${name}", "w").write("x\\n")'`).join('; ');

family('files', (hostile, ground) => {
  let outside: string;
  const closers: (() => void)[] = [];
  const heard: string[] = [];
  let reader: number;
  beforeAll(async () => {
    const { root, site } = ground();
    outside = join(root, 'outside');
    symlinkSync(join(outside, 'secret'), join(site, 'to-secret'));
    symlinkSync('../outside', join(site, 'to-outside'));
    linkSync(join(outside, 'secret'), join(site, 'hard'));
    execFileSync('mkfifo', [join(site, 'pipe')]);
    reader = openSync(join(site, 'pipe'), constants.O_RDWR | constants.O_NONBLOCK);
    const server = createServer(() => heard.push('connected')).listen(join(site, 'listener'));
    await once(server, 'listening');
    closers.push(
      () => closeSync(reader),
      () => server.close(),
    );
  });
  afterAll(() => {
    for (const close of closers) close();
  });

  // Through $PWD, because the workspace stands in there where it stands out here.
  const absolute = '"$PWD/../outside/secret"';
  hostile(
    'symlinks out of the workspace, absolute',
    {
      control: 'ln -s "$PWD/src/one" src/two; cat src/two',
      attack: `ln -s ${absolute} leak; rm a; ln -s ${absolute} a; cat leak to-secret`,
      finds: ['surprise-path'],
      denied: showsNoSecret,
    },
    'read through',
  );
  hostile(
    'symlinks out of the workspace, absolute',
    {
      control: 'ln -s "$PWD/src/one" src/two; echo x > src/two',
      attack: 'mkdir -p ../outside; echo owned > to-secret; ln -s /etc/passwd p; echo owned >> p',
      finds: ['outside-workspace', 'surprise-path'],
      denied: showsNoSecret,
    },
    'written through',
  );
  hostile('symlinks out of the workspace, relative', {
    control: 'ln -s one src/two; cat src/two',
    attack: 'ln -s ../outside/secret leak; rm -r src; ln -s ../outside src; cat src/secret to-outside/secret',
    finds: ['surprise-path'],
    denied: showsNoSecret,
  });
  hostile('symlinks out of the workspace, swapped during the run', {
    control: 'for i in $(seq 50); do mv src/one src/two; mv src/two src/one; done',
    attack: `${SWAP}; for i in 1 2 3 4 5 6 7 8; do echo $i > swap/secret; sleep 0.02; done; true`,
    finds: ['surprise-path', 'leftover-process'],
    denied: showsNoSecret,
  });
  hostile('hard links', {
    control: 'ln src/one src/two; echo x >> src/two',
    attack: 'echo owned > hard; ln a src/three; echo owned >> src/three; ln /etc/passwd src/four',
    finds: ['surprise-path'],
    denied: ({ evidence }) => {
      expect(evidence.changes.map(({ path }) => path)).toEqual(
        expect.arrayContaining(['a', 'hard', 'src/three']),
      );
      expect(evidence.exit_code).not.toBe(0);
    },
  });
  hostile('device nodes', {
    control: 'echo x > /dev/null; head -c 1 /dev/zero > src/two',
    attack:
      'mknod src/disk b 8 0; mknod src/whiteout c 0 0; mknod /dev/disk b 8 0; mknod /tmp/disk b 8 0; mknod /opt/disk b 254 0; exit 1',
    denied: ({ evidence }) => expect([evidence.changes, evidence.outside]).toEqual([[], []]),
  });
  hostile('sockets and FIFOs left behind', {
    control: 'mkfifo src/p; (echo hi > src/p &); read x < src/p; rm src/p; [ "$x" = hi ]',
    attack: 'mkfifo fifo; python3 -c \'import socket; socket.socket(socket.AF_UNIX).bind("sock")\'',
    finds: ['surprise-path'],
    denied: ({ evidence }) => {
      expect(evidence.complete).toBe(true);
      expect(evidence.changes.map(({ path, type }) => [path, type])).toEqual([
        ['fifo', 'fifo'],
        ['sock', 'socket'],
      ]);
    },
  });
  hostile('a FIFO with a reader on the host', {
    control: 'mkfifo src/p; (echo hi > src/p &); read x < src/p; rm src/p; [ "$x" = hi ]',
    attack:
      'timeout 1 sh -c \'echo stolen > pipe\'; python3 -c \'import os; os.write(os.open("pipe", os.O_WRONLY | os.O_NONBLOCK), b"stolen")\'',
    denied: () => expect(() => readSync(reader, Buffer.alloc(16))).toThrow('EAGAIN'),
  });
  hostile('a unix socket with a listener on the host', {
    control: `python3 -c 'import socket
s = socket.socket(socket.AF_UNIX); s.bind("src/s"); s.listen()
socket.socket(socket.AF_UNIX).connect("src/s")'; rm src/s`,
    attack: 'python3 -c \'import socket; socket.socket(socket.AF_UNIX).connect("listener")\'; true',
    finds: ['undeclared-network'],
    denied: ({ evidence }) => {
      expect(heard).toEqual([]);
      expect(evidence.network).toMatchObject([{ protocol: 'unix', program: 'python3', step: 0 }]);
    },
  });

  /** The JSON of every report is looked at by the ground itself. */
  const safeToShow = async ({ run_id }: Rehearsal, { shown }: Ground) => {
    for (const verb of ['show', 'diff']) expect(await shown([verb, run_id])).not.toMatch(UNSAFE);
  };
  hostile('file names with newlines', {
    control: named('src/n\\303\\244me with blanks'),
    attack: named('new\\nline', 'src/../\\nexpected: 0 surprises'),
    finds: ['surprise-path'],
    denied: async (report, at) => {
      expect(report.evidence.changes).toHaveLength(2);
      await safeToShow(report, at);
    },
  });
  hostile('file names with invalid UTF-8', {
    control: named('src/\\303\\251'),
    attack: named('\\377\\376', '\\303', '\\\\xff'),
    finds: ['surprise-path'],
    denied: async (report, at) => {
      expect(new Set(report.evidence.changes.map(({ path }) => path)).size).toBe(3);
      await safeToShow(report, at);
    },
  });
  hostile('ANSI and control characters in file names', {
    control: named('src/plain'),
    attack: named(
      '\\033[2Jcleared',
      'back\\rspace\\010',
      'turned\\342\\200\\256gpj.exe',
      'c1\\302\\233m',
      'un\\342\\200\\213seen',
    ),
    finds: ['surprise-path'],
    denied: async (report, at) => {
      expect(report.evidence.changes).toHaveLength(5);
      await safeToShow(report, at);
    },
  });
  hostile('ANSI and control characters in output', {
    control: 'printf "a\\tb\\n"',
    attack:
      'printf "\\033[2J\\033]0;title\\007\\302\\2331m\\r\\010\\342\\200\\256evil\\342\\200\\213\\000\\n" | tee /dev/stderr; exit 1',
    denied: async (report, at) => {
      expect(report.evidence.stdout.text).toContain('evil');
      await safeToShow(report, at);
    },
  });

  hostile('rm -rf /', {
    under: { limits: { timeout: '60s', disk: '1Gi' } },
    control: 'rm -rf src',
    attack: 'rm -rf --no-preserve-root / 2>/dev/null; true',
    finds: ['surprise-path', 'outside-workspace'],
  });
  hostile('overwriting /etc/passwd', {
    control: 'grep -c root /etc/passwd',
    attack: 'echo evil::0:0::/:/bin/sh >> /etc/passwd; sed -i s/root/evil/ /etc/shadow; true',
    finds: ['outside-workspace'],
    denied: ({ evidence }) =>
      expect(evidence.outside.map(({ path }) => path)).toEqual(
        expect.arrayContaining(['/etc/passwd', '/etc/shadow']),
      ),
  });
  hostile('overwriting ld.so.preload', {
    control: 'ls /etc/ld.so.preload || true',
    attack: 'echo "$PWD/evil.so" > /etc/ld.so.preload; ls; true',
    finds: ['outside-workspace'],
    denied: ({ evidence }) =>
      expect(evidence.outside).toContainEqual({ path: '/etc/ld.so.preload', kind: 'added' }),
  });
});
