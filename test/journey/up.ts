import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { DRYLANE } from './drylane.ts';

/** A `drylane up` that takes work. */
export interface Up extends AsyncDisposable {
  readonly url: string;
  readonly token_file: string;
  readonly pid: number;
  /** Sends a signal, and answers with how it ended. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
  /** Asks it over HTTP, with its token. */
  ask<T>(path: string, body?: object): Promise<{ readonly status: number; readonly body: T }>;
}

interface UpOptions {
  readonly cwd: string;
  readonly state: string;
  readonly flags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts one, and answers when it says that it is up. */
export async function startUp({ cwd, state, flags = [], env }: UpOptions): Promise<Up> {
  const child = spawn(process.execPath, [DRYLANE, 'up', '--json', '--state', state, ...flags], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('exit', (status, signal) => resolve(signal ?? status));
  });
  const said = JSON.parse(await firstLine(child)) as Pick<Up, 'url' | 'token_file' | 'pid'>;
  const token = (await readFile(said.token_file, 'utf8')).trim();
  const end: Up['end'] = (signal) => {
    child.kill(signal);
    return ended;
  };
  return {
    ...said,
    end,
    async ask(path, body) {
      const response = await fetch(`${said.url}${path}`, {
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as never };
    },
    [Symbol.asyncDispose]: async () => void (await end('SIGTERM')),
  };
}

async function firstLine(child: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  let text = '';
  for await (const part of child.stdout) {
    text += part;
    if (text.includes('\n')) return text;
  }
  throw new Error('drylane up ended before it was up');
}
