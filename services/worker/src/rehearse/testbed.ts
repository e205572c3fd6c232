import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ShellName, type StepPlan, splitSteps } from '@drylane/proto/steps';
import { parseMarker, type SettledSteps, settleSteps, type TimedMarker } from './flow.ts';
import { wrapSteps } from './wrap.ts';

/** Everything about a run that markers must not change. */
interface Behaviour {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number | string;
  readonly files: Readonly<Record<string, string>>;
}

/** One text, run as it stands and with markers. */
interface Pair {
  readonly plan: StepPlan;
  readonly plain: Behaviour;
  readonly wrapped: Behaviour;
  readonly markers: readonly TimedMarker[];
  readonly settled: SettledSteps;
}

/** A place to run harmless texts of our own making with this machine's shells, each in a fresh directory. */
export interface Testbed {
  compare(text: string, shell: ShellName): Promise<Pair>;
  close(): void;
}

/** Makes the FIFOs and answers each marker with one newline, as a worker does. */
export async function openTestbed(): Promise<Testbed> {
  const root = mkdtempSync(join(tmpdir(), 'drylane-steps-'));
  const paths = { events: join(root, "ev'ents"), ack: join(root, 'ack') };
  await once(spawn('mkfifo', [paths.events, paths.ack]), 'exit');
  const events = openSync(paths.events, constants.O_RDWR | constants.O_NONBLOCK);
  const ack = openSync(paths.ack, constants.O_RDWR | constants.O_NONBLOCK);
  let lines: { readonly line: string; readonly atMs: number }[] = [];
  let partial = '';
  const socket = new Socket({ fd: events, readable: true, writable: false });
  socket.on('data', (chunk: Buffer) => {
    const complete = (partial + chunk.toString('latin1')).split('\n');
    partial = complete.pop() ?? '';
    for (const line of complete) {
      lines.push({ line, atMs: performance.now() });
      writeSync(ack, '\n');
    }
  });
  const cwd = join(root, 'place', 'work');
  const runOnce = async (shell: ShellName, text: string): Promise<Behaviour> => {
    mkdirSync(cwd, { recursive: true });
    try {
      return await run(shell, text, cwd);
    } finally {
      rmSync(join(root, 'place'), { recursive: true, force: true });
    }
  };
  return {
    async compare(text, shell) {
      const plan = splitSteps(text, shell);
      const plain = await runOnce(shell, text);
      lines = [];
      const startedAtMs = performance.now();
      const wrapped = await runOnce(shell, wrapSteps(text, plan, paths));
      const markers = lines.map(({ line, atMs }) => {
        const marker = parseMarker(line);
        if (marker === undefined) throw new Error(`not a marker: ${JSON.stringify(line)}`);
        return { ...marker, atMs };
      });
      const exitCode = typeof wrapped.exit === 'number' ? wrapped.exit : null;
      const settled = settleSteps(plan, markers, { exitCode, startedAtMs, endedAtMs: performance.now() });
      return { plan, plain, wrapped, markers, settled };
    },
    close() {
      socket.destroy();
      closeSync(ack);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function run(shell: ShellName, text: string, cwd: string): Promise<Behaviour> {
  const program = shell === 'sh' ? 'dash' : 'bash';
  const env = { PATH: '/usr/bin:/bin', HOME: cwd, LANG: 'C.UTF-8' };
  const child = spawn(program, ['-c', text], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 10_000,
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => {
      output[name] += chunk.toString('latin1');
    });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { ...output, exit: code ?? String(signal), files: snapshot(cwd) };
}

function snapshot(directory: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const state = lstatSync(join(directory, name));
    const content = state.isFile() ? readFileSync(join(directory, name), 'latin1') : '';
    files[name] = `${state.mode.toString(8)} ${content}`;
  }
  return files;
}
