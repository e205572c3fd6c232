import { visible } from '@drylane/chassis/redact/visible';
import { DrylaneError } from '@drylane/proto/errors';
import type { Command } from 'commander';
import { type Context, colours, printJson } from '../context.ts';
import { EXIT } from '../exit.ts';
import { stateDirectory } from '../state.ts';
import type { Colours } from '../terminal.ts';

interface Options {
  readonly state?: string;
  readonly json?: boolean;
}

export function registerDiff(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('diff')
    .description('what a run changed, as a unified diff')
    .argument('<run>', 'its id, or "last"')
    .argument('[path]', 'only this path, as show prints it')
    .option('--state <dir>', 'where runs are kept (default: XDG state directory)')
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', '\nExample:\n  drylane diff last blog/index.html\n')
    .action(async (id: string, path: string | undefined, options: Options) => {
      const { openRecords } = await import('../embedded/records.ts');
      await using records = await openRecords(stateDirectory(options.state, context.env));
      const all = await records.patches(id);
      const patches = path === undefined ? all : all.filter((patch) => patch.path === path);
      if (path !== undefined && patches.length === 0)
        throw new DrylaneError('not-found', {
          field: 'path',
          message: `the run did not change ${path}`,
          mend: `see the paths it changed: drylane show ${id}`,
        });
      if (options.json) printJson(context, { patches });
      else if (patches.length === 0) context.stderr.write('no changes\n');
      else for (const patch of patches) context.stdout.write(renderPatch(patch, colours(context)));
      done(EXIT.ok);
    });
}

/** A diff as people read it. */
export function renderPatch(patch: { readonly text: string; readonly cut: boolean }, paint: Colours): string {
  const body = patch.text
    .split('\n')
    .map((text) => {
      const line = visible(text);
      if (/^(---|\+\+\+|diff |Binary )/.test(line)) return paint.bold(line);
      if (line.startsWith('@@')) return paint.cyan(line);
      if (line.startsWith('+')) return paint.green(line);
      return line.startsWith('-') ? paint.red(line) : line;
    })
    .join('\n');
  const end = body.endsWith('\n') || body === '' ? '' : '\n';
  return `${body}${end}${patch.cut ? paint.yellow('… the rest of this diff was not kept\n') : ''}`;
}
