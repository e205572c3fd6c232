import type { Verdict } from '@drylane/proto/decision';
import type { Rehearsal } from '@drylane/proto/rehearsal';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostileCase } from './cases.ts';
import { type Allowed, type Ground, openGround } from './ground.ts';
import { hostState, leftBehind, NOTHING_LEFT } from './host.ts';

/** A hostile command, and a harmless one that is fine under the same intent and limits. */
interface Pair {
  readonly under?: Allowed;
  readonly control: string;
  /** What the control gets; a harmless command that needs what the sandbox takes away is not promoted either. */
  readonly controlVerdict?: Verdict;
  readonly attack: string;
  /** The rules that must have found something. */
  readonly finds?: readonly string[];
  /** What else must hold of the attack's report. */
  readonly denied?: (report: Rehearsal, ground: Ground) => void | Promise<void>;
  /** For an attack that a limit cuts short without harm, and that may therefore be promoted. */
  readonly harmless?: true;
}

type Declare = (name: HostileCase, pair: Pair, variant?: string) => void;

const SLOW_MS = 180_000;

/** A family of hostile cases over one ground: each leaves the host as it was, and all of them leave nothing behind. */
export function family(name: string, declare: (pair: Declare, ground: () => Ground) => void): void {
  describe(`hostile ${name}`, () => {
    let ground: Ground;
    const controls = controlsOn(() => ground);
    beforeAll(async () => {
      ground = await openGround(name);
    });
    afterAll(async () => {
      try {
        expect(await leftBehind(ground)).toEqual(NOTHING_LEFT);
      } finally {
        await ground[Symbol.asyncDispose]();
      }
    });
    declare(
      (hostile, pair, variant) =>
        it(
          variant === undefined ? hostile : `${hostile}: ${variant}`,
          () => hold(ground, controls, pair),
          SLOW_MS,
        ),
      () => ground,
    );
  });
}

/** Runs control and attack, and holds both against what must be. */
async function hold(ground: Ground, controls: Controls, pair: Pair): Promise<void> {
  const before = await hostState(ground);
  const control = await controls(pair);
  expect({ verdict: control.verdict, complete: control.evidence.complete }, said(control)).toEqual({
    verdict: pair.controlVerdict ?? 'promote',
    complete: true,
  });

  const attack = await ground.rehearse(pair.attack, pair.under);
  expect(await hostState(ground)).toEqual(before);
  if (pair.harmless === undefined) expect(attack.verdict, said(attack)).not.toBe('promote');
  const rules = attack.findings.map(({ rule }) => rule);
  expect(rules, said(attack)).toEqual(expect.arrayContaining([...(pair.finds ?? [])]));
  await pair.denied?.(attack, ground);
}

type Controls = (pair: Pair) => Promise<Rehearsal>;

/** Rehearses a control once for all attacks that have it and its intent in common. */
function controlsOn(ground: () => Ground): Controls {
  const done = new Map<string, Promise<Rehearsal>>();
  return ({ control, under }) => {
    const key = JSON.stringify([control, under]);
    const report = done.get(key) ?? ground().rehearse(control, under);
    done.set(key, report);
    return report;
  };
}

/** The part of a report that explains a verdict, for the message of a failed expectation. */
function said({ findings, evidence }: Rehearsal): string {
  const { exit_code, stderr } = evidence;
  const found = findings.map(({ rule, message }) => `${rule}: ${message}`);
  return [`exit ${exit_code}`, ...found, stderr.text.slice(0, 500)].join('\n');
}
