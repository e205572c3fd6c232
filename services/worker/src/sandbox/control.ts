import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KnownSecret } from '@drylane/chassis/redact/known';
import { DrylaneError } from '@drylane/proto/errors';
import { type FifoReader, openFifo, readFifo } from './fifo.ts';
import { parseReport, type Report } from './protocol.ts';

/** Where the control directory stands in the container. */
export const CONTROL_MOUNT = '/.drylane/control';
export const EVENTS_FIFO = `${CONTROL_MOUNT}/events`;
export const ACK_FIFO = `${CONTROL_MOUNT}/ack`;

const FIFOS = ['events', 'ack', 'trace', 'go', 'out', 'err'] as const;
/** Those that lose their names before the command starts. */
const PRIVATE = ['trace', 'go', 'out', 'err'] as const;
const JOB = 'job';

// A marker is a few numbers; whoever writes more is not our shell.
const MAX_LINE = 64 * 1024;
const MAX_LINES = 100_000;
// The runner's reports are a word or two; it is ours, but its first line comes from a container.
const MAX_REPORT = 4096;

/** Who hears what comes from a container. */
export interface ControlListener {
  /** The runner told how far it is. It is heard before the command runs, so it is no claim. */
  report(report: Report, atMs: number): void;
  /** The tracer's output, from its first byte on. The command cannot write there. */
  trace(chunk: Buffer): void;
  /** What the command writes. */
  output(stream: 'stdout' | 'stderr', chunk: Buffer): void;
  /**
   * A line that the command's shell, or anything else in there, wrote where step markers go. One after another;
   * the writer waits for each that resolves to true.
   */
  marker(line: string, atMs: number): Promise<boolean>;
  /** More came than a runner and its shell write; nothing is read after that. */
  flood(): void;
}

/**
 * The lines between a rehearsal's container and us: three pairs of FIFOs in a directory that the container has
 * read-only. One pair is the runner's and the tracer's, one is the command's output; both lose their names before the
 * command starts. The third is for step markers, which the command's own shell writes: what comes there is a claim.
 * Output does not pass the engine: what was written before the last process ended is here, and known to be all.
 */
export interface ControlChannel {
  readonly directory: string;
  listen(listener: ControlListener): void;
  /**
   * Gives the runner its job, and lets it go on, as soon as it waits for one. From there on nobody else can open the
   * runner's pair. @throws where the job cannot be written.
   */
  begin(job: string): void;
  /** Hears the trace up to now. */
  drain(): void;
  /** Hears everything up to now; nobody is there any more who would be given something. */
  end(): void;
  /**
   * Gives the runner, which waits for them, the command's credentials; it goes on when it has them all. Resolves at the
   * end even if it has not.
   */
  give(credentials: readonly KnownSecret[]): Promise<void>;
  /** Lets go the keeper, which waits at the end. */
  go(): void;
  /** Resolves when every marker read so far has been handled. */
  settled(): Promise<void>;
  close(): void;
}

/** Makes the control directory with its FIFOs and the runner in it. */
export async function openControl(directory: string): Promise<ControlChannel> {
  await mkdir(directory, { mode: 0o755 });
  const runner = join(import.meta.dirname, 'runner.sh');
  await Promise.all([copyFile(runner, join(directory, 'runner')), makeFifos(directory)]);
  const opened = FIFOS.map((name) => [name, openFifo(join(directory, name))]);
  return channel(directory, Object.fromEntries(opened));
}

async function makeFifos(directory: string): Promise<void> {
  // 0666: the command's shell writes the markers, and it may run as any user.
  const child = spawn('mkfifo', ['-m', '666', ...FIFOS], { cwd: directory, stdio: 'ignore' });
  const [status] = (await once(child, 'exit')) as [number | null];
  if (status !== 0)
    throw new DrylaneError('machine-unfit', {
      field: directory,
      message: 'a FIFO cannot be made here',
      mend: 'put the state directory on a local file system: --state DIR',
    });
}

type Fds = Readonly<Record<(typeof FIFOS)[number], number>>;

function channel(directory: string, fds: Fds): ControlChannel {
  const readers: FifoReader[] = [];
  let markers: Markers | undefined;
  let tracer: FifoReader | undefined;
  let closed = false;
  let over = false;
  let waits = false;
  let hasJob = false;
  const write = (fd: number): void => {
    // An answer that does not fit means that nobody reads them: only a flood of forged lines does that.
    if (!closed) writeSync(fd, '\n');
  };
  const beginNow = (): void => {
    if (!waits || !hasJob || closed) return;
    for (const name of PRIVATE) unlinkSync(join(directory, name));
    write(fds.go);
  };
  const heard: Partial<Record<Report['kind'], () => void>> = {
    opened() {
      waits = true;
      beginNow();
    },
    checked: () => unlinkSync(join(directory, JOB)),
  };
  return {
    directory,
    listen(listener) {
      markers = hearMarkers(listener, () => write(fds.ack));
      tracer = readFifo(fds.trace, hearTracer(listener, heard), listener.flood);
      const output = (stream: 'stdout' | 'stderr') => (chunk: Buffer) => listener.output(stream, chunk);
      readers.push(
        tracer,
        readFifo(fds.out, output('stdout'), listener.flood),
        readFifo(fds.err, output('stderr'), listener.flood),
        readFifo(fds.events, markers.push, listener.flood),
      );
    },
    begin(given) {
      if (closed) return;
      // Now, and not when the runner waits: whoever listens to it could tell nobody of a disk that is full.
      writeJob(join(directory, JOB), given);
      hasJob = true;
      beginNow();
    },
    drain: () => tracer?.drain(),
    end() {
      over = true;
      for (const reader of readers) reader.drain();
    },
    async give(credentials) {
      let left = giftOf(credentials);
      while (left.length > 0 && !over && !closed) {
        left = left.subarray(writeNow(fds.go, left));
        // The pipe is full: the runner reads a byte at a time.
        if (left.length > 0) await sleep(1);
      }
    },
    go: () => write(fds.go),
    settled: () => markers?.settled() ?? Promise.resolve(),
    close() {
      if (closed) return;
      closed = true;
      for (const reader of readers) reader.close();
      const read = [fds.events, fds.trace, fds.out, fds.err];
      if (readers.length === 0) for (const fd of read) closeSync(fd);
      for (const fd of [fds.ack, fds.go]) closeSync(fd);
    },
  };
}

function writeJob(file: string, job: string): void {
  try {
    writeFileSync(file, job, { mode: 0o644, flag: 'wx' });
  } catch (cause) {
    const mend = 'make room where the state directory is: --state DIR';
    throw new DrylaneError('sandbox-failed', { field: file, message: 'cannot be written', mend }, { cause });
  }
}

/** What the runner reads: for each credential its name, how many lines its value has, and these; an empty line at the end. */
function giftOf(credentials: readonly KnownSecret[]): Buffer {
  const loaders = credentials.find(({ name }) => /^(LD_|GLIBC_TUNABLES$)/.test(name));
  if (loaders !== undefined)
    throw new DrylaneError('bad-input', {
      field: `credentials.${loaders.name}`,
      message: 'is a variable by which the tracer would be loaded too',
      mend: 'give the credential another name, and set that variable inside the command',
    });
  const gifts = credentials.map(({ name, value }) => `${name} ${value.split('\n').length}\n${value}\n`);
  return Buffer.from(`${gifts.join('')}\n`, 'utf8');
}

/** Writes as much as there is room for. */
function writeNow(fd: number, bytes: Buffer): number {
  try {
    return writeSync(fd, bytes);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw cause;
  }
}

/** The runner's lines until it becomes the tracer; all bytes after that are the trace. */
function hearTracer(
  listener: ControlListener,
  heard: Partial<Record<Report['kind'], () => void>>,
): (chunk: Buffer) => void {
  let started = false;
  let partial: Buffer = Buffer.alloc(0);
  return (chunk) => {
    if (started) return listener.trace(chunk);
    partial = Buffer.concat([partial, chunk]);
    for (let end = partial.indexOf('\n'); end >= 0 && !started; end = partial.indexOf('\n')) {
      const report = parseReport(partial.toString('latin1', 0, end));
      partial = partial.subarray(end + 1);
      if (report === undefined) return listener.flood();
      try {
        heard[report.kind]?.();
      } catch {
        // A name that is still there, or a directory that is not: nothing may begin in it.
        return listener.flood();
      }
      listener.report(report, performance.now());
      started = report.kind === 'began';
    }
    if (started && partial.length > 0) listener.trace(partial);
    if (!started && partial.length > MAX_REPORT) listener.flood();
  };
}

interface Markers {
  push(chunk: Buffer): void;
  settled(): Promise<void>;
}

function hearMarkers(listener: ControlListener, answer: () => void): Markers {
  let tail: Promise<void> = Promise.resolve();
  let partial = '';
  let lines = 0;
  let over = false;
  const flood = (): void => {
    if (over) return;
    over = true;
    listener.flood();
  };
  const hear = async (line: string, atMs: number): Promise<void> => {
    if (!over && (await listener.marker(line, atMs))) answer();
  };
  return {
    push(chunk) {
      if (over) return;
      const atMs = performance.now();
      partial += chunk.toString('latin1');
      const complete = partial.split('\n');
      partial = complete.pop() ?? '';
      lines += complete.length;
      if (partial.length > MAX_LINE || lines > MAX_LINES) return flood();
      for (const line of complete) tail = tail.then(() => hear(line, atMs)).catch(flood);
    },
    settled: () => tail,
  };
}
