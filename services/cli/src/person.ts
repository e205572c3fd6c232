import { closeSync, constants, openSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { isatty, ReadStream, WriteStream } from 'node:tty';
import { interrupted } from './interrupt.ts';
import { userName } from './user.ts';

/** A person at this process's own terminal, whatever its standard streams are. */
export interface Person extends Disposable {
  /** Who the system says it is. */
  readonly name: string;
  readonly input: ReadStream;
  readonly output: WriteStream;
  /**
   * Asks, and answers with what was typed; undefined where there was no answer, as after Ctrl-D. Ctrl-C ends the process.
   */
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
    name: userName(),
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
  let isInterrupted = false;
  lines.once('SIGINT', () => {
    isInterrupted = true;
    lines.close();
  });
  // Ctrl-D, or a terminal that went away.
  const closed = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
  const typed = await Promise.race([lines.question(question).catch(() => undefined), closed]);
  lines.close();
  if (typed === undefined) output.write('\n');
  return isInterrupted ? interrupted() : typed;
}

async function askHidden(
  message: string,
  input: ReadStream,
  output: WriteStream,
): Promise<string | undefined> {
  const { isCancel, password } = await import('@clack/prompts');
  const closing = new AbortController();
  let isInterrupted = false;
  const onKey = (_: unknown, key: { readonly ctrl?: boolean; readonly name?: string } | undefined): void => {
    if (key?.ctrl !== true) return;
    if (key.name === 'c') isInterrupted = true;
    // Nobody else hears it while the line is hidden.
    if (key.name === 'd') closing.abort();
  };
  input.prependListener('keypress', onKey);
  const typed = await password({ message, input, output, signal: closing.signal });
  input.off('keypress', onKey);
  if (isInterrupted) return interrupted();
  return isCancel(typed) ? undefined : typed;
}
