import { MAX_PROBLEMS } from '../document.ts';
import type { PolicyRule } from '../policy.ts';
import type { CompiledRule } from './ask.ts';
import { compileExpression } from './compile.ts';
import { excerpt, type Fault, Refusal } from './fault.ts';
import { createLanguage, type Language } from './language.ts';
import { isFull, wholeRoom } from './room.ts';

/** What is wrong with a rule's expression, by the rule's place in the policy. */
export interface RuleFault extends Fault {
  readonly index: number;
  /** The line of the expression, and a caret under the place. */
  readonly excerpt: string;
}

/** Compiles every rule, or says what is wrong with each that cannot be, as far as one refusal names it. */
export function compileRules(
  rules: readonly PolicyRule[],
  language: Language = createLanguage(),
):
  | { readonly ok: true; readonly compiled: readonly CompiledRule[] }
  | { readonly ok: false; readonly faults: readonly RuleFault[] } {
  const compiled: CompiledRule[] = [];
  const faults: RuleFault[] = [];
  const room = wholeRoom();
  for (const [index, rule] of rules.entries()) {
    if (faults.length === MAX_PROBLEMS || isFull(room)) break;
    try {
      compiled.push({ rule, ...compileExpression(language, rule.when, room) });
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause;
      faults.push({ ...cause.fault, index, excerpt: excerpt(rule.when, cause.fault.at) });
    }
  }
  return faults.length === 0 ? { ok: true, compiled } : { ok: false, faults };
}
