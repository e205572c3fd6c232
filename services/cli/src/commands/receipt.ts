import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import type { Command } from 'commander';
import { type Context, colours, printJson } from '../context.ts';
import { EXIT } from '../exit.ts';
import { several } from '../flags.ts';
import { stateDirectory } from '../state.ts';

interface ReceiptOptions {
  readonly state?: string;
  readonly all?: boolean;
}

export function registerReceipt(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('receipt')
    .description('the signed receipt of how a run ended')
    .argument('[run]', 'its id, or "last"')
    .option('--all', 'every receipt there is, one on a line, in the order of their chain')
    .option('--state <dir>', 'where runs are kept (default: XDG state directory)')
    .addHelpText(
      'after',
      `
A DSSE envelope around an in-toto statement, as JSON.

Examples:
  drylane receipt last | jq -r .payload | base64 -d | jq .predicate
  drylane receipt --all > receipts.jsonl && drylane verify receipts.jsonl
`,
    )
    .action(async (name: string | undefined, options: ReceiptOptions) => {
      if ((name === undefined) !== (options.all === true)) throw oneOrAll();
      const [{ openRecords }, { writeReceipts }] = await Promise.all([
        import('../embedded/records.ts'),
        import('../embedded/receipts.ts'),
      ]);
      await using records = await openRecords(stateDirectory(options.state, context.env));
      if (name !== undefined) context.stdout.write(writeReceipts([await records.receipt(name)]));
      else for await (const receipt of records.receipts()) context.stdout.write(writeReceipts([receipt]));
      done(EXIT.ok);
    });
}

function oneOrAll(): DrylaneError {
  return new DrylaneError('bad-input', {
    field: 'run',
    message: 'name one run, or ask for --all',
    mend: 'drylane receipt last',
  });
}

interface VerifyOptions {
  readonly state?: string;
  readonly key?: readonly string[];
  readonly json?: boolean;
}

export function registerVerify(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('verify')
    .description('check receipts by themselves: their signatures, and the chain they make')
    .argument('<file...>', 'receipts, as drylane receipt printed them')
    .option(
      '--key <file>',
      'the public key of whoever signed; may be repeated (default: those of the state directory)',
      several,
    )
    .option('--state <dir>', 'where runs are kept (default: XDG state directory)')
    .option('--json', 'one JSON document on standard output')
    .addHelpText(
      'after',
      `
Needs nothing but the files. Exits 10 where the chain is broken, and names the first broken link.
Nobody can see from receipts alone that the newest are missing: keep the head it prints.

Example:
  drylane verify receipts.jsonl --key keys/receipts.pub
`,
    )
    .action(async (files: string[], options: VerifyOptions) => {
      const { checkReceipts } = await import('../embedded/receipts.ts');
      const texts = await Promise.all(files.map((file) => readReceiptFile(resolve(context.cwd, file), file)));
      const keys = options.key?.map((file) => resolve(context.cwd, file));
      const result = await checkReceipts(texts, keys, stateDirectory(options.state, context.env));
      const [broken] = result.breaks;
      const paint = colours(context);
      if (options.json) printJson(context, { ok: broken === undefined, ...result });
      else if (broken === undefined) {
        const range = result.first === result.last ? `${result.first}` : `${result.first} to ${result.last}`;
        context.stdout.write(
          `${paint.green('unbroken')}  ${result.good} receipts, ${range}${result.first === 0 ? '' : '; those before are not here'}\n` +
            `head      ${result.head}\n`,
        );
      } else {
        const which = [broken.sequence === null ? '' : `receipt ${broken.sequence}`, broken.run ?? ''];
        context.stdout.write(
          `${paint.red('broken')}  ${which.filter((part) => part !== '').join(' ')}: ${broken.message}\n` +
            `        ${result.good} of ${result.total} hold by themselves; ${result.breaks.length} breaks\n`,
        );
      }
      done(broken === undefined ? EXIT.ok : EXIT.block);
    });
}

async function readReceiptFile(path: string, name: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new DrylaneError(
      'bad-input',
      { field: name, message: `cannot be read (${cause.code})`, mend: 'check the path' },
      { cause },
    );
  });
}
