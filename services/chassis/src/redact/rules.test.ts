import { describe, expect, it } from 'vitest';
import { compileRule, secretsAt } from './match.ts';
import { createRedactor } from './redact.ts';
import { MAX_BACK, type Rule } from './rule.ts';
import { RULES } from './rules.ts';
import { expandSample } from './samples.ts';

const SEEDS = [1, 2, 3, 4, 5];

/** Whether this one rule finds something in a text, keywords and all. */
function finds(rule: Rule, text: string): boolean {
  const matcher = compileRule(rule);
  const lower = text.toLowerCase();
  return rule.keywords.some((keyword) => {
    for (let at = lower.indexOf(keyword); at >= 0; at = lower.indexOf(keyword, at + 1)) {
      if (secretsAt(matcher, text, at).ranges.length > 0) return true;
    }
    return false;
  });
}

describe('the rules', () => {
  const redactor = createRedactor([]);
  const named = RULES.map((rule, index) => ({ rule, title: `${index} ${rule.kind} ${rule.keywords[0]}` }));

  it.each(named)('$title takes what it should, and leaves what only looks so', ({ rule }) => {
    expect(rule.matches.length).toBeGreaterThan(0);
    expect(rule.not_matches.length).toBeGreaterThan(0);
    for (const seed of SEEDS) {
      for (const template of rule.matches) {
        const text = expandSample(template, seed);
        expect({ text, found: finds(rule, text) }).toEqual({ text, found: true });
        expect(redactor.text(text).redactions).toBeGreaterThan(0);
      }
      for (const template of rule.not_matches) {
        const text = expandSample(template, seed);
        expect({ text, found: finds(rule, text) }).toEqual({ text, found: false });
      }
    }
  });

  it.each(named)('$title leaves nothing of a token in the text', ({ rule }) => {
    for (const template of rule.matches) {
      const text = expandSample(template);
      const left = redactor.text(text).text;
      for (const core of text.match(/[A-Za-z0-9]{16,}/g) ?? []) {
        if (/[0-9]/.test(core)) expect(left).not.toContain(core);
      }
    }
  });

  it('are written so that RE2 takes them, too', () => {
    for (const { pattern, each } of RULES) {
      for (const source of [pattern.source, each?.source ?? '']) {
        expect(source).not.toMatch(/\(\?(?:=|!|<=|<!)|\\[1-9]|\\k</);
      }
    }
  });

  it('have keywords that the scan can find, and go back no further than it keeps', () => {
    for (const { keywords, back, kind } of RULES) {
      expect(keywords.every((word) => word === word.toLowerCase() && word.length > 0)).toBe(true);
      expect(back ?? 0).toBeLessThanOrEqual(MAX_BACK);
      expect(kind).toMatch(/^[a-z][a-z0-9-]*$/);
    }
  });

  it('leave what they wrote alone', () => {
    for (const rule of RULES) {
      for (const template of rule.matches) {
        const once = redactor.text(expandSample(template)).text;
        expect(redactor.text(once)).toMatchObject({ text: once, redactions: 0 });
      }
    }
  });
});
