import { coloursFor } from './terminal.ts';

/** The process around a command: streams, environment, directory. Passed in, so that commands read nothing else. */
export interface Context {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** What every command answers: its exit status. */
export type Status = number;

// Beyond what JSON escapes by itself: controls that a terminal obeys, and marks that turn the reading order.
const UNSAFE = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Prints one JSON document, and nothing else, on standard output; it is safe to look at in a terminal. */
export function printJson(context: Context, document: unknown): void {
  const text = JSON.stringify(document, null, context.stdout.isTTY ? 2 : undefined);
  const safe = text.replace(UNSAFE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  context.stdout.write(`${safe}\n`);
}

/** Colours for standard output. */
export function colours(context: Context) {
  return coloursFor(context.stdout, context.env);
}
