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

/** Prints one JSON document, and nothing else, on standard output. */
export function printJson(context: Context, document: unknown): void {
  context.stdout.write(`${JSON.stringify(document, null, context.stdout.isTTY ? 2 : undefined)}\n`);
}

/** Colours for standard output. */
export function colours(context: Context) {
  return coloursFor(context.stdout, context.env);
}
