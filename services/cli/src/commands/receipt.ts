import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import type { Command } from 'commander';
import { type AfarFlags, inFleet, refuseHere, URL_FLAG } from '../afar.ts';
import { type Context, colours, printJson } from '../context.ts';
import type { checkReceipts } from '../embedded/receipts.ts';
import { EXIT } from '../exit.ts';
import { several } from '../flags.ts';
import { stateDirectory } from '../state.ts';
import { type Colours, visibleLine } from '../terminal.ts';

interface ReceiptOptions extends AfarFlags {
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
    .option(...URL_FLAG)
    .action(async (name: string | undefined, options: ReceiptOptions) => {
      if ((name === undefined) !== (options.all === true)) throw oneOrAll();
      const fleet = await inFleet(options, context);
      if (fleet !== undefined) {
        refuseHere({ '--state': options.state });
        const { receiptAfar } = await import('../fleet/reading.ts');
        return done(await receiptAfar(fleet, name));
      }
      const [{ openRecords }, { writeReceipts }] = await Promise.all([
        import('../embedded/records.ts'),
        import('../embedded/receipts.ts'),
      ]);
      await using records = await openRecords(stateDirectory(options.state, context.env));
      if (name !== undefined) context.stdout.write(writeReceipts([await records.receipt(name)]));
      else {
        let count = 0;
        for await (const receipt of records.receipts()) {
          context.stdout.write(writeReceipts([receipt]));
          count += 1;
        }
        if (count === 0) context.stderr.write('no receipts yet: no run has ended\n');
      }
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

type Checked = Awaited<ReturnType<typeof checkReceipts>>;

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
      const ok = result.breaks.length === 0;
      if (options.json) printJson(context, { ok, ...result });
      else context.stdout.write(verdictOn(result, files, colours(context)));
      done(ok ? EXIT.ok : EXIT.block);
    });
}

/** What was found of the receipts of some files, as people read it. */
function verdictOn(result: Checked, files: readonly string[], paint: Colours): string {
  const { good, total, first, last, head, breaks } = result;
  const [broken] = breaks;
  if (broken === undefined) {
    const range = first === last ? `${first}` : `${first} to ${last}`;
    const before = first === 0 ? '' : '; those before are not here';
    return `${paint.green('unbroken')}  ${counted(good, 'receipt')}, ${range}${before}\nhead      ${head}\n`;
  }
  const named = [
    ...(broken.sequence === null ? [] : [`receipt ${broken.sequence}`]),
    broken.run ?? [],
  ].flat();
  const which = named.length > 0 ? named.join(' ') : files.map(visibleLine).join(', ');
  const hold = `${good} of ${total} ${good === 1 ? 'holds by itself' : 'hold by themselves'}`;
  return `${paint.red('broken')}  ${which}: ${broken.message}\n        ${hold}; ${counted(breaks.length, 'break')}\n`;
}

const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;

async function readReceiptFile(path: string, name: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new DrylaneError(
      'bad-input',
      { field: name, message: `cannot be read (${cause.code})`, mend: 'check the path' },
      { cause },
    );
  });
}
