import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costOfMatch, costOfTrial, countEffort, EFFORT, MAX_EFFORT, WINDOW } from './effort.ts';
import { prepareRules, unsearchable } from './finder.ts';
import { secretsAt } from './match.ts';
import { createRedactor } from './redact.ts';
import { RULES } from './rules.ts';
import { expandSample } from './samples.ts';

const redactor = createRedactor([]);

const CALM = '2026-11-20T10:00:11Z INFO [worker-3] GET /api/v1/items/7 200 12ms agent="Mozilla/5.0"\n'.repeat(
  2,
);

/** Counts the work that a text makes for the rules, as a stream does: none once a window has cost too much. */
function effortOf(text: string): { readonly looks: number; readonly most: number } {
  const { automaton, targets } = prepareRules();
  const effort = countEffort(0);
  const spent = new Map<number, number>();
  let looks = 0;
  automaton.scan(Buffer.from(text, 'latin1'), 0, (word, start) => {
    const target = targets[word];
    if (target === undefined || !effort.allows(start)) return;
    const { effort: cost } = secretsAt(target.matcher, text, start);
    looks += 1;
    effort.spend(start, cost);
    spent.set(effort.windowOf(start), (spent.get(effort.windowOf(start)) ?? 0) + cost);
  });
  return { looks, most: Math.max(0, ...spent.values()) };
}

const SIGNS = ['', '=', ' ', ': ', '="', '=1', '=9a9a ', '.', '://', '-----'];
const UNITS = [...new Set(RULES.flatMap((rule) => rule.keywords.flatMap((k) => SIGNS.map((s) => k + s))))];

describe('the work for a text', () => {
  it('is bounded for every byte, whatever keywords are repeated', () => {
    for (const unit of UNITS) {
      const { looks, most } = effortOf(unit.repeat(Math.ceil((2 * WINDOW) / unit.length)));
      expect([unit, looks <= 3 * MAX_EFFORT, most <= MAX_EFFORT + costOfMatch(WINDOW)]).toEqual([
        unit,
        true,
        true,
      ]);
    }
  });

  it('never costs nothing, so that no flood is free', () => {
    expect(Math.min(...Object.values(EFFORT), costOfMatch(0), costOfTrial(0))).toBeGreaterThanOrEqual(1);
  });

  it('is not too much where one secret stands in every few lines', () => {
    for (const { matches } of RULES) {
      for (const template of matches) {
        const line = `${CALM}INFO the service said ${expandSample(template).replaceAll('\n', ' ')} and went on\n`;
        const lines = line.repeat(Math.ceil(WINDOW / line.length));
        expect([template, effortOf(lines).most <= MAX_EFFORT]).toEqual([template, true]);
      }
    }
  });
});

describe('a window that costs too much', () => {
  it('is not shown at all, nor is a secret that follows its last keyword', () => {
    const secret = expandSample('<alnum:40>');
    const flood = 'curl .'.repeat(Math.ceil(WINDOW / 6) - 1);
    const { text, redactions } = redactor.text(`${flood}\n${flood}; x -u bob:${secret}`);
    expect(redactions).toBeGreaterThan(0);
    expect(text).toContain('[redacted:unsearchable]');
    expect(text).not.toContain(secret);
  });

  it('leaves what stands far from it', () => {
    const calm = 'a line without anything in it\n'.repeat(500);
    const { text } = redactor.text(`${calm}${'curl .'.repeat(2000)}\n${calm}`);
    expect(text.startsWith(calm.slice(0, 10_000))).toBe(true);
    expect(text.endsWith(calm.slice(-10_000))).toBe(true);
  });

  it('is the same however the bytes are cut', () => {
    const piece = fc.oneof(
      fc.constantFrom(...UNITS).map((unit) => unit.repeat(Math.ceil(5000 / unit.length))),
      fc.constantFrom('calm '.repeat(900), '\n', expandSample('API_TOKEN=<alnum:32> ')),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(30_000), { maxLength: 6 }),
        (pieces, cuts) => {
          const bytes = Buffer.from(pieces.join(''), 'latin1');
          expect(scrub(bytes, cuts)).toEqual(scrub(bytes, []));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is told by where the stream began, not by what is held of it', () => {
    const effort = countEffort(3 * WINDOW - 100);
    effort.spend(50, MAX_EFFORT);
    effort.spend(150, MAX_EFFORT + 1);
    expect([effort.allows(99), effort.allows(100), effort.windowOf(99), effort.exhausted()]).toEqual([
      true,
      false,
      100 - WINDOW,
      [100],
    ]);
    expect(unsearchable(100, Buffer.alloc(200))).toMatchObject({ start: 52, end: 200, live: true });
  });
});

function scrub(bytes: Buffer, cuts: readonly number[]) {
  const stream = redactor.stream();
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  const out = places.slice(1).map((end, index) => stream.push(bytes.subarray(places[index], end)));
  const { rest, ...tally } = stream.end();
  return { ...tally, text: Buffer.concat([...out, rest]).toString('latin1') };
}
