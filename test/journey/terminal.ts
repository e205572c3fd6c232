import { spawn } from 'node:child_process';
import { DRYLANE } from './drylane.ts';

/** What is typed once the terminal shows a text. */
export interface Answer {
  readonly at: string;
  readonly type: string;
}

/**
 * Runs the command line at a real terminal of its own (script(1) makes one), and types the answers in order, each
 * when what it answers has appeared.
 */
export async function atTerminal(
  args: readonly string[],
  {
    cwd,
    answers,
    env,
  }: { readonly cwd: string; readonly answers: readonly Answer[]; readonly env?: NodeJS.ProcessEnv },
): Promise<{ readonly status: number | null; readonly screen: string }> {
  const words = [process.execPath, DRYLANE, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  // A terminal that nobody looks at has no width, and wraps after every character.
  const child = spawn('script', ['-qec', `stty cols 200 rows 50; exec ${words.join(' ')}`, '/dev/null'], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const left = [...answers];
  let screen = '';
  let seen = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    const [next] = left;
    const found = next === undefined ? -1 : screen.indexOf(next.at, seen);
    if (next === undefined || found < 0) return;
    seen = found + next.at.length;
    left.shift();
    child.stdin.write(next.type);
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (left.length > 0) throw new Error(`the terminal never showed "${left[0]?.at}": ${screen}`);
  return { status, screen };
}
