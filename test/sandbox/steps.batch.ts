import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEngine } from '@drylane/worker/sandbox/engine';
import type { Job, JobResult } from './steps.driver.ts';

const IMAGE = 'drylane/sandbox';
const CONTROL = '/.drylane/control';

/** Runs many texts in one throwaway container, one after another, and tells how each went, by its id. */
export async function runBatch(jobs: readonly Job[]): Promise<ReadonlyMap<string, JobResult>> {
  const control = await mkdtemp(join(tmpdir(), 'drylane-steps-'));
  const engine = await connectEngine();
  try {
    await chmod(control, 0o755);
    await once(spawn('mkfifo', ['-m', '666', 'events', 'ack'], { cwd: control }), 'exit');
    await copyFile(join(import.meta.dirname, 'steps.driver.ts'), join(control, 'driver.mts'));
    await writeFile(join(control, 'jobs.json'), JSON.stringify(jobs));
    const container = await engine.createContainer({
      Image: IMAGE,
      Cmd: ['node', `${CONTROL}/driver.mts`, 'run'],
      User: '65534:65534',
      HostConfig: {
        Binds: [`${control}:${CONTROL}:ro`],
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        NetworkMode: 'none',
        Dns: ['127.0.0.1'],
        ReadonlyRootfs: true,
        Tmpfs: { '/tmp': 'mode=1777,size=64m,exec', '/home/drylane': 'mode=1777,size=1m' },
        Memory: 2 ** 30,
        PidsLimit: 200,
        Init: true,
      },
    });
    try {
      await container.start();
      await container.wait();
      const log = await container.logs({ stdout: true, stderr: true, follow: false });
      return new Map(results(log).map((result) => [result.id, result]));
    } finally {
      await container.remove({ force: true });
    }
  } finally {
    await rm(control, { recursive: true, force: true });
  }
}

/** The container's log: frames of eight header bytes, of which the first names the stream, and a payload. */
function results(log: Buffer): JobResult[] {
  const payloads: Buffer[] = [];
  for (let at = 0; at + 8 <= log.length; ) {
    const size = log.readUInt32BE(at + 4);
    if (log[at] === 1) payloads.push(log.subarray(at + 8, at + 8 + size));
    at += 8 + size;
  }
  const lines = Buffer.concat(payloads).toString('utf8').split('\n');
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as JobResult);
}
