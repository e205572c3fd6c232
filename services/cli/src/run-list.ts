import { visible } from '@drylane/chassis/redact/visible';
import { type Context, colours } from './context.ts';
import { utc, visibleLine } from './terminal.ts';

/** Past runs, each on a line. */
export function printRuns(context: Context, runs: readonly PrintedRun[]): void {
  const paint = colours(context);
  for (const run of runs) {
    const task = run.task === null ? '' : ` ${paint.bold(visibleLine(run.task))}`;
    const command = clip(visible(run.command).replaceAll(/\s+/g, ' '));
    context.stdout.write(
      `${run.id}  ${utc(run.created_ms)}  ${run.state.padEnd(24)}${(run.risk_level ?? '').padEnd(7)}${task} ${command}\n`,
    );
  }
}

interface PrintedRun {
  readonly id: string;
  readonly task: string | null;
  readonly command: string;
  readonly state: string;
  readonly risk_level: string | null;
  readonly created_ms: number;
}

const MAX_COMMAND = 70;

const clip = (text: string): string => (text.length > MAX_COMMAND ? `${text.slice(0, MAX_COMMAND)}…` : text);
