/** The step that something was done in; its number is told only when the step has ended. */
export interface StepCell {
  step: number | null;
}

/** Which step the shell stands in. */
export interface Steps {
  current: StepCell;
  last: number | null;
}

/** Begins with the first step. */
export function beginSteps(): Steps {
  return { current: { step: null }, last: null };
}

/** Says which step everything since the last boundary was done in. */
export function endStep(steps: Steps, step: number): void {
  steps.current.step = step;
  steps.last = step;
  steps.current = { step: null };
}

/** What came after the last boundary belongs to the last step. */
export function endSteps(steps: Steps): void {
  steps.current.step = steps.last;
}
