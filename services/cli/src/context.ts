import { safeJson } from '@drylane/chassis/redact/visible';
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

/** Prints one JSON document, and nothing else, on standard output; it is safe to look at in a terminal. */
export function printJson(context: Context, document: unknown): void {
  context.stdout.write(`${safeJson(document, context.stdout.isTTY ? 2 : undefined)}\n`);
}

/** Writes bytes as they are to standard output, and answers when they have gone, or when nobody reads them any more. */
export async function writeBytes(context: Context, bytes: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    context.stdout.write(bytes, (fault: NodeJS.ErrnoException | null | undefined) =>
      fault && fault.code !== 'EPIPE' ? reject(fault) : resolve(),
    );
  });
}

/** Colours for standard output. */
export function colours(context: Context) {
  return coloursFor(context.stdout, context.env);
}
