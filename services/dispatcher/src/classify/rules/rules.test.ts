import { describe, expect, it } from 'vitest';
import { classify } from '../classify.ts';
import { RULES } from './index.ts';

const rulesThatSpeak = (command: string): string[] => {
  const { reasons, parsed } = classify(command, { medium: 4, high: 7 });
  return parsed ? reasons.map((r) => r.rule) : ['unreadable'];
};

describe('every rule', () => {
  it('has a name of its own, in lower-case words joined by dashes', () => {
    const ids = RULES.map((rule) => rule.id);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    expect(ids.filter((id) => !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id))).toEqual([]);
  });

  it('has points from 1 to 10, a short message and an example on both sides', () => {
    for (const { id, points, message, matches, not_matches } of RULES) {
      expect(points, id).toBeGreaterThanOrEqual(1);
      expect(points, id).toBeLessThanOrEqual(10);
      expect(message.length, id).toBeLessThanOrEqual(80);
      expect(message, id).not.toMatch(/\.$/);
      expect(matches.length, id).toBeGreaterThan(0);
      expect(not_matches.length, id).toBeGreaterThan(0);
    }
  });
});

describe.each(RULES.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  it('speaks in its examples and is silent in its counter-examples', () => {
    expect(rule.matches.filter((command) => !rulesThatSpeak(command).includes(id))).toEqual([]);
    expect(rule.not_matches.filter((command) => rulesThatSpeak(command).includes(id))).toEqual([]);
  });
});
