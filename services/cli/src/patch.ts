import { visible } from '@drylane/chassis/redact/visible';
import { type Context, colours, printJson } from './context.ts';
import type { Colours } from './terminal.ts';

/** Diffs as they are printed. */
export function printDiff(
  context: Context,
  patches: readonly { readonly path: string; readonly text: string; readonly cut: boolean }[],
  json: boolean,
): void {
  if (json) printJson(context, { patches });
  else if (patches.length === 0) context.stderr.write('no changes\n');
  else for (const patch of patches) context.stdout.write(renderPatch(patch, colours(context)));
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
