// Runs inside the container, by the container's own Node; reads jobs.json beside it and prints one JSON line a job.
import { spawn } from 'node:child_process';
import {
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';

export interface Job {
  readonly id: string;
  readonly text: string;
}

/** How a job went; bytes are held one to a character. */
export interface JobResult {
  readonly id: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number | string | null;
  readonly files: Readonly<Record<string, string>>;
  readonly lines: readonly string[];
  readonly timedOut: boolean;
}

const CONTROL = '/.drylane/control';
const TIME_LIMIT_MS = 2000;
const OUTPUT_LIMIT = 200_000;
const PLACE = '/tmp/place';

let lines: string[] = [];

function answerMarkers(): void {
  const ack = openSync(`${CONTROL}/ack`, constants.O_RDWR | constants.O_NONBLOCK);
  const events = openSync(`${CONTROL}/events`, constants.O_RDWR | constants.O_NONBLOCK);
  let partial = '';
  new Socket({ fd: events, readable: true, writable: false }).on('data', (chunk: Buffer) => {
    const complete = (partial + chunk.toString('latin1')).split('\n');
    partial = complete.pop() ?? '';
    for (const line of complete) {
      lines.push(line);
      writeSync(ack, '\n');
    }
  });
}

function run({ id, text }: Job): Promise<JobResult> {
  const cwd = join(PLACE, 'work');
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: join(PLACE, 'home'), LANG: 'C.UTF-8' };
  for (const directory of [cwd, env.HOME]) mkdirSync(directory, { recursive: true });
  lines = [];
  const child = spawn('bash', ['-c', text], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => {
      if (output[name].length < OUTPUT_LIMIT) output[name] += chunk.toString('latin1');
    });
  let timedOut = false;
  const endGroup = () => {
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
    } catch {
      // Nothing of it is left.
    }
  };
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      timedOut = true;
      endGroup();
    }, TIME_LIMIT_MS);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      // What still holds the pipes would keep them open for ever.
      const settle = () =>
        resolve({ id, ...output, exit: code ?? signal, files: snapshot(), lines, timedOut });
      endGroup();
      const patience = setTimeout(settle, 300);
      child.on('close', () => {
        clearTimeout(patience);
        settle();
      });
    });
  });
}

function snapshot(): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of readdirSync('/tmp', { recursive: true, encoding: 'utf8' })) {
    const path = join('/tmp', name);
    const state = lstatSync(path);
    const content = state.isFile()
      ? readFileSync(path, 'latin1')
      : state.isSymbolicLink()
        ? readlinkSync(path)
        : '';
    files[name] = `${state.mode.toString(8)} ${content}`;
  }
  return files;
}

if (process.argv[2] === 'run') {
  answerMarkers();
  const jobs = JSON.parse(readFileSync(`${CONTROL}/jobs.json`, 'utf8')) as Job[];
  for (const job of jobs) {
    console.log(JSON.stringify(await run(job)));
    for (const name of readdirSync('/tmp')) rmSync(join('/tmp', name), { recursive: true, force: true });
  }
  process.exit(0);
}
