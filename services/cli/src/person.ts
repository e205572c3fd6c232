import { closeSync, constants, openSync } from 'node:fs';
import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { isatty, ReadStream, WriteStream } from 'node:tty';

/** A person at this process's own terminal, whatever its standard streams are. */
export interface Person extends Disposable {
  /** Who the system says it is. */
  readonly name: string;
  readonly input: ReadStream;
  readonly output: WriteStream;
  /** Asks, and answers with what was typed; undefined where the terminal was closed instead. */
  ask(question: string): Promise<string | undefined>;
  /** The same, and nothing of what is typed is shown. */
  askHidden(question: string): Promise<string | undefined>;
}

/**
 * The person at the controlling terminal; undefined where there is none, as under a scheduler or an agent. Both what
 * is shown and what is answered go through the terminal itself, so that no pipe can stand between.
 */
export function personAtTerminal(): Person | undefined {
  const fds = openTerminal();
  if (fds === undefined) return undefined;
  const input = new ReadStream(fds.read);
  const output = new WriteStream(fds.write);
  // Nobody may be asked twice by a stream that stays open.
  input.pause();
  return {
    name: userInfo().username,
    input,
    output,
    ask: (question) => ask(question, input, output),
    askHidden: (question) => askHidden(question, input, output),
    [Symbol.dispose]() {
      input.destroy();
      output.destroy();
    },
  };
}

function openTerminal(): { readonly read: number; readonly write: number } | undefined {
  let read: number | undefined;
  try {
    read = openSync('/dev/tty', constants.O_RDONLY | constants.O_NOCTTY);
    if (isatty(read)) return { read, write: openSync('/dev/tty', constants.O_WRONLY | constants.O_NOCTTY) };
  } catch {
    // No controlling terminal: there is nobody to ask.
  }
  if (read !== undefined) closeSync(read);
  return undefined;
}

async function ask(question: string, input: ReadStream, output: WriteStream): Promise<string | undefined> {
  const lines = createInterface({ input, output, terminal: true });
  const closed = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
  try {
    return await Promise.race([lines.question(question), closed]);
  } finally {
    lines.close();
  }
}

async function askHidden(
  message: string,
  input: ReadStream,
  output: WriteStream,
): Promise<string | undefined> {
  const { isCancel, password } = await import('@clack/prompts');
  const typed = await password({ message, input, output });
  return isCancel(typed) ? undefined : typed;
}
