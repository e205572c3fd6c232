import type { BlockLine } from '../block.ts';
import { type Context, colours } from '../context.ts';
import { renderBlock } from '../print.ts';
import { quote } from '../shell-words.ts';
import { addressOf } from './address.ts';
import { type Client, createClient } from './client.ts';

/** A fleet that a command line speaks to. */
export interface Fleet {
  readonly client: Client;
  readonly context: Context;
  /** As `--url` gave it; undefined where the environment did. */
  readonly url: string | undefined;
}

/** Opens a fleet; nothing is asked of it yet. @throws DrylaneError `bad-input` where address or token are none. */
export function openFleet(given: string, url: string | undefined, context: Context): Fleet {
  return { client: createClient(addressOf(given, context.env)), context, url };
}

/** Prints lines of a block; what it says to type names the fleet where this command line did. */
export function tell({ context, url }: Fleet, lines: readonly BlockLine[]): void {
  const named = lines.map((line) =>
    line.hint === undefined ? line : { ...line, hint: typed(line.hint, url) },
  );
  context.stdout.write(renderBlock(named, colours(context)));
}

/** A command line of drylane's own, as it is to be typed. */
export function typed(words: string, url: string | undefined): string {
  return url === undefined
    ? words
    : words.replace(/\bdrylane [a-z]+/g, (verb) => `${verb} --url ${quote(url)}`);
}

/** Says on standard error how it goes. */
export function progress({ context }: Fleet, words: string): void {
  context.stderr.write(`${words}\n`);
}
