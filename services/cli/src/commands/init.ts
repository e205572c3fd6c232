import { DrylaneError } from '@drylane/proto/errors';
import type { Command } from 'commander';
import { type Context, colours, printJson } from '../context.ts';
import { EXIT } from '../exit.ts';
import { personAtTerminal } from '../person.ts';
import { stateDirectory } from '../state.ts';

interface Options {
  readonly state?: string;
  readonly approver?: string;
  readonly json?: boolean;
}

export function registerInit(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('init')
    .description('make the keys of a state directory: for receipts and, with --approver, for a person')
    .option('--approver <name>', 'make a key for a person who approves; its passphrase is asked for')
    .option('--state <dir>', 'where runs are kept (default: XDG state directory)')
    .option('--json', 'one JSON document on standard output')
    .addHelpText(
      'after',
      `
The key for receipts is made by itself when it is first needed. As soon as anybody has an approver key,
only approvals that are signed with one count.

Example:
  drylane init --approver alice
`,
    )
    .action(async (options: Options) => {
      const { openDesk } = await import('../embedded/desk.ts');
      const { keysOf } = await import('../embedded/approvers.ts');
      const stateDir = stateDirectory(options.state, context.env);
      await using desk = await openDesk(stateDir, context.env);
      const { keyId } = await desk.signer();
      const approver =
        options.approver === undefined ? null : await makeApproverKey(stateDir, options.approver);
      const keys = keysOf(stateDir);
      if (options.json) printJson(context, { keys, receipts: { key_id: keyId }, approver });
      else {
        const paint = colours(context);
        context.stdout.write(`${paint.bold('receipts')}  ${keyId}\n          ${keys}/receipts.pub\n`);
        if (approver !== null)
          context.stdout.write(
            `${paint.bold('approver')}  ${approver.name}  ${approver.key_id}\n          ${keys}/approvers/${approver.name}.pub\n`,
          );
      }
      done(EXIT.ok);
    });
}

async function makeApproverKey(stateDir: string, name: string) {
  const { addApprover } = await import('../embedded/approvers.ts');
  using person = personAtTerminal();
  if (person === undefined)
    throw new DrylaneError('approval-needed', {
      field: '--approver',
      message: 'asks for a passphrase at a terminal, and there is none here',
      mend: `in a terminal: drylane init --approver ${name}`,
    });
  const passphrase = await person.askHidden(`Passphrase for ${name}: `);
  const again = passphrase === undefined ? undefined : await person.askHidden('The same again: ');
  if (passphrase === undefined || again === undefined)
    throw new DrylaneError('bad-input', {
      field: 'passphrase',
      message: 'was not given',
      mend: 'type it twice',
    });
  if (passphrase !== again)
    throw new DrylaneError('bad-input', {
      field: 'passphrase',
      message: 'was not the same twice',
      mend: 'type it again',
    });
  const { keyId } = await addApprover(stateDir, name, passphrase);
  return { name, key_id: keyId };
}
