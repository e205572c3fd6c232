import { splitSteps } from '@drylane/proto/steps';
import { classify } from '../classify/classify.ts';
import type { Thresholds } from '../classify/score.ts';
import type { Classified, ClassifyRequest } from '../http/wire.ts';

/** The risk of a command, and what it could be split into, so that less of it has to be trusted at once. Pure. */
export function classified({ command, shell }: ClassifyRequest, thresholds: Thresholds): Classified {
  const plan = splitSteps(command, shell);
  return {
    risk: classify(command, thresholds),
    steps: plan.steps.map(({ text, operator, span }) => ({ text, operator, span: [span[0], span[1]] })),
    whole: plan.opaque ? plan.reason : null,
  };
}
