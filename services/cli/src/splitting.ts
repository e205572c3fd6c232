import type { BlockLine } from './block.ts';

/** What is asked of a plan of steps. */
type Plan =
  | { readonly opaque: false; readonly steps: readonly unknown[] }
  | { readonly opaque: true; readonly reason: string };

/** How a command whose text does not tell all that it does can be judged part by part. */
export function splitLines(plan: Plan): BlockLine[] {
  if (plan.opaque)
    return [
      {
        label: 'steps',
        text: `it is rehearsed as one: ${plan.reason}; write its steps as commands of their own`,
        tone: 'warn',
      },
    ];
  const { length } = plan.steps;
  if (length < 2) return [];
  const text = `${length}, which can be rehearsed one by one as commands of their own`;
  return [{ label: 'steps', text, hint: 'drylane steps -- COMMAND', tone: 'plain' }];
}
