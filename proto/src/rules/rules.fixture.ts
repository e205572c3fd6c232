import { blankEvidence } from '../evidence.fixture.ts';
import type { Evidence } from '../evidence.ts';
import type { PolicyRule } from '../policy.ts';
import { askRules } from './ask.ts';
import { compileRules } from './compile-rules.ts';
import type { Facts } from './facts.ts';
import { createLanguage } from './language.ts';

/** The facts of a harmless run, with what a test changes of its evidence. */
export function facts(over: Partial<Evidence> = {}): Facts {
  return {
    envelope: {
      command: 'sed -i s/a/b/ a.md',
      working_dir: '/w',
      intent: { mode: 'mutating', expected_writes: ['a.md'] },
    },
    risk: {
      ...{ score: 4, level: 'medium', dimensions: { write: 4, network: 0, credential: 0, blast_radius: 0 } },
      ...{ reasons: [], programs: ['sed'], opaque: false, parsed: true },
    },
    evidence: blankEvidence(over),
  };
}

const LANGUAGE = createLanguage();

export const ruleOf = (when: string): PolicyRule => ({ name: 'r', when, severity: 'hold', message: 'm' });

/** What an expression says of facts. */
export function ask(when: string, of: Facts = facts()) {
  const result = compileRules([ruleOf(when)], LANGUAGE);
  if (!result.ok) throw new TypeError(JSON.stringify(result.faults));
  const [answer] = askRules(result.compiled, of);
  if (answer === undefined) throw new TypeError('no answer');
  return 'undecided' in answer ? { undecided: answer.undecided } : { says: answer.says };
}

/** The paths of the changes that make an expression true. */
export function named(when: string, of: Facts): readonly string[] {
  const result = compileRules([ruleOf(when)], LANGUAGE);
  const [answer] = result.ok ? askRules(result.compiled, of) : [];
  return answer?.because.map(({ path }) => path) ?? [];
}

/** Why an expression is refused: its fault, or undefined where it is not. */
export function faultOf(when: string) {
  const result = compileRules([ruleOf(when)], LANGUAGE);
  return result.ok ? undefined : result.faults[0];
}
