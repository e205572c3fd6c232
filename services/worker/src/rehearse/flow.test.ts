import { opaquePlan, type Step, type StepPlan, splitSteps } from '@drylane/proto/steps';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMarker, settleSteps, type TimedMarker } from './flow.ts';

const shell = (exitCode: number | null) => ({ exitCode, startedAtMs: 0, endedAtMs: 1000 });

const marker = (index: number, status = 0): TimedMarker => ({
  index,
  status,
  flags: 'hBc',
  pipeStatus: [status],
  atMs: index + 1,
});

/** What a real shell may do with a text: the markers it sends, and which steps it comes to. */
interface Honest {
  readonly plan: StepPlan;
  readonly markers: readonly TimedMarker[];
  readonly ran: readonly boolean[];
  readonly exitCode: number | null;
}

type Fate = { readonly kind: 'status'; readonly status: number } | { readonly kind: 'end' | 'abort' };

/** Runs the steps by the rules of the manual, with a fate for each that is decided by dice. */
function play(plan: StepPlan, fates: readonly Fate[], exitCode: number | null): Honest {
  const ran = plan.steps.map(() => false);
  const markers: TimedMarker[] = [];
  let status = 0;
  let abandoned = -1;
  for (const step of plan.steps) {
    if (step.unit === abandoned || !isCalled(step, status)) continue;
    ran[step.index] = true;
    const fate = fates[step.index] ?? { kind: 'end' };
    if (step.background) status = 0;
    else if (fate.kind === 'abort' && nextUnitReports(plan.steps, step, fates)) abandoned = step.unit;
    else if (fate.kind !== 'status' || !step.marked) return { plan, markers, ran, exitCode };
    else {
      status = fate.status;
      markers.push({ ...marker(step.index, status), atMs: markers.length + 1 });
    }
  }
  return { plan, markers, ran, exitCode };
}

function isCalled({ operator }: Step, status: number): boolean {
  return operator === '&&' ? status === 0 : operator !== '||' || status !== 0;
}

/** An abandoned unit shows only by a later marker. */
function nextUnitReports(steps: readonly Step[], step: Step, fates: readonly Fate[]): boolean {
  const next = steps.find((s) => s.unit > step.unit);
  return next?.marked === true && fates[next.index]?.kind === 'status';
}

const operator = fc.constantFrom(' && ', ' || ', '; ', '\n', ' & ', ' | ');

const plans = fc.array(operator, { maxLength: 12 }).map((operators) => {
  const text = operators.reduce((all, op, at) => `${all}${op}c${at + 1}`, 'c0');
  return splitSteps(text, 'bash');
});

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(0, 0, 1, 255).map((status): Fate => ({ kind: 'status', status })) },
  { weight: 1, arbitrary: fc.constantFrom<Fate>({ kind: 'end' }, { kind: 'abort' }) },
);

const honest = fc
  .tuple(plans, fc.array(fate, { minLength: 13, maxLength: 13 }), fc.constantFrom(0, 1, null))
  .map(([plan, fates, exitCode]) => play(plan, fates, exitCode));

describe('steps are settled from markers', () => {
  it('never calls an honest command tampered, and knows which steps ran', () => {
    fc.assert(
      fc.property(honest, ({ plan, markers, ran, exitCode }) => {
        const settled = settleSteps(plan, markers, shell(exitCode));
        expect(settled.tampered).toBe(false);
        expect(settled.steps.map((s) => s.ran)).toEqual(ran);
        for (const { index, status } of markers) expect(settled.steps[index]?.exitCode).toBe(status);
      }),
      { numRuns: 1000 },
    );
  });

  it('understands that a failed expansion gives up a unit and goes on with the next', () => {
    const plan = splitSteps('a; b && c\nd; e & f\ng', 'bash');
    const settled = settleSteps(plan, [marker(0), marker(3), marker(6)], shell(0));
    expect(settled.tampered).toBe(false);
    expect(settled.steps.map((s) => s.ran)).toEqual([true, true, false, true, true, true, true]);
    expect(settled.steps.map((s) => s.exitCode)).toEqual([0, 1, null, 0, null, 1, 0]);
  });

  it('gives the step in which the shell ended the status of the shell, and none to what it never came to', () => {
    const plan = splitSteps('a | x; b; c | y', 'bash');
    expect(settleSteps(plan, [marker(0)], shell(3)).steps.map((s) => s.exitCode)).toEqual([0, 3, null]);
    expect(settleSteps(plan, [marker(0)], shell(null)).steps.map((s) => s.ran)).toEqual([true, true, false]);
  });

  it('takes the end of one step as the start of the next that runs', () => {
    const plan = splitSteps('a && b || c; d & e; f | g', 'bash');
    const settled = settleSteps(plan, [marker(0), marker(1), marker(4), marker(5)], shell(0));
    expect(settled.steps.map((s) => [s.startMs, s.endMs])).toEqual([
      [0, 1],
      [1, 2],
      [null, null],
      [2, 2],
      [2, 5],
      [5, 6],
    ]);
  });

  it('gives a whole command the status of the shell', () => {
    const plan = opaquePlan('a; b', 'bash', 'because');
    expect(settleSteps(plan, [], shell(4)).steps).toMatchObject([{ ran: true, exitCode: 4, pipeStatus: [] }]);
    expect(settleSteps(plan, [marker(0)], shell(4)).tampered).toBe(true);
  });
});

describe('forged markers are noticed', () => {
  const withMarkers = honest.filter(({ markers }) => markers.length > 0);

  it('when one comes twice', () => {
    fc.assert(
      fc.property(withMarkers, fc.nat(), fc.nat(), ({ plan, markers }, which, where) => {
        const copy = markers[which % markers.length];
        const forged = copy ? markers.toSpliced(where % (markers.length + 1), 0, copy) : [];
        expect(settleSteps(plan, forged, shell(0)).tampered).toBe(true);
      }),
    );
  });

  it('when two change places', () => {
    fc.assert(
      fc.property(honest, fc.nat(), ({ plan, markers }, which) => {
        fc.pre(markers.length > 1);
        const at = which % (markers.length - 1);
        const forged = markers.toSpliced(at, 2, ...markers.slice(at, at + 2).reverse());
        expect(settleSteps(plan, forged, shell(0)).tampered).toBe(true);
      }),
    );
  });

  it('when one is held back while a later one of the same unit comes', () => {
    const plan = splitSteps('a; b; c | d; e | f', 'bash');
    for (const missing of [0, 1, 2]) {
      const markers = [0, 1, 2, 3].filter((index) => index !== missing).map((index) => marker(index));
      const settled = settleSteps(plan, markers, shell(0));
      expect(settled.tampered).toBe(true);
      expect(settled.steps.every((s) => s.ran)).toBe(true);
    }
  });

  it('when a step reports that cannot run, is not there, is in the background, or has no marker', () => {
    const plan = splitSteps('a && b; c & d', 'bash');
    for (const markers of [
      [marker(0, 1), marker(1)],
      [marker(0), marker(1), marker(2)],
      [marker(0), marker(1), marker(3)],
      [marker(0), marker(1), marker(900)],
    ])
      expect(settleSteps(plan, markers, shell(0)).tampered).toBe(true);
  });

  it('in sh, where no failure leaves the shell running, even when a later unit reports', () => {
    const markers = [marker(1)];
    expect(settleSteps(splitSteps('a\nb', 'sh'), markers, shell(0)).tampered).toBe(true);
    expect(settleSteps(splitSteps('a\nb', 'bash'), markers, shell(0)).tampered).toBe(false);
  });
});

describe('a marker is read', () => {
  it('as the shell writes it', () => {
    expect(parseMarker('s 12 0 -ehBc 0 1 141')).toEqual({
      index: 12,
      status: 0,
      flags: 'ehBc',
      pipeStatus: [0, 1, 141],
    });
    expect(parseMarker('s 0 255 -')).toEqual({ index: 0, status: 255, flags: '', pipeStatus: [] });
  });

  it.each([
    '',
    's',
    's 0',
    's 0 0',
    's -1 0 -',
    's 0 256 -',
    's 0 0 - 256',
    's 0 0 -h 1 ',
    ' s 0 0 -',
    's  0 0 -',
    's 0 0 -1',
    's 0 0 -\n',
    's 0x1 0 -',
    's 1e3 0 -',
    's ١ 0 -',
    'e 0',
    's 10000 0 -',
    `s 0 0 -${' 0'.repeat(3000)}`,
  ])('and nothing else is: %j', (line) => {
    expect(parseMarker(line)).toBeUndefined();
  });
});
