import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRules } from './compile-rules.ts';
import { MAX_PATTERNS } from './room.ts';
import { faultOf, ruleOf } from './rules.fixture.ts';

const CHANGES = 'evidence.changes';

describe('an expression is refused', () => {
  it.each([
    ['evidence.chnges.size() > 3', 9, 'did you mean changes?'],
    ['evnt.complete', 0, 'speak of envelope, risk, evidence'],
    ['evidense.complete', 0, 'did you mean evidence?'],
    ['has(evidence.exit_cod)', 13, 'did you mean exit_code?'],
    ['has(evidence.stdout.txt)', 20, 'did you mean text?'],
    ['has(envelope)', 4, 'write has(evidence.exit_code)'],
    ['has(evidence.changes.path)', 21, expect.stringMatching(/^its fields are/)],
    ['evidence["complete"]', 0, 'write .field'],
    [`${CHANGES}.path == "a"`, 17, expect.anything()],
    ['evidence.complete == null', 0, 'remove the comparison: this is never null'],
    [`${CHANGES}.exists(c, c.path == null)`, 27, 'remove the comparison'],
    [`${CHANGES}.exists(c, c.kind == "add")`, 37, 'it is one of added, modified, deleted, mode, type'],
    [`${CHANGES}.exists(c, c.kind in ["added", "delted"])`, 47, 'did you mean deleted?'],
    ['"hihg" == risk.level', 0, 'did you mean high?'],
    ['risk.score', 0, 'compare it with something: … == …'],
    ['risk.score > "4"', 0, 'compare values of one kind; "3" is text, 3 a whole number, 3.0 a number'],
    ['envelope.limits.timeout > "60s"', 0, 'compare with ==, startsWith or matches'],
    [`${CHANGES} == ${CHANGES}`, 0, 'compare a field of it'],
    ['1 == 9007199254740993', 5, 'write a number below 9007199254740992'],
    ['1u == 1u', 0, expect.anything()],
    ['b"a" == b"a"', 0, expect.anything()],
    ['{"a": 1}["a"] == 1', 0, 'write it without a map of your own'],
    ['dyn(1) == 1', 0, expect.stringMatching(/^use one of has, size/)],
    ['timestamp(0) == timestamp(0)', 0, expect.stringMatching(/^use one of has, size/)],
    ['evidence.stdout.text.split("a").size() > 1', 0, expect.stringMatching(/^use one of has, size/)],
    ['cel.bind(x, 1, x == 1)', 0, expect.stringMatching(/^use one of has, size/)],
    ['google.protobuf == google.protobuf', 0, expect.anything()],
    ['evidence.stdout.text.startWith("a")', 21, 'did you mean startsWith?'],
    [`${CHANGES}.exists(evidence, true)`, 24, 'choose another name'],
    [`${CHANGES}.exists(c, ${CHANGES}.exists(c, true))`, 51, 'choose another name'],
    [`${CHANGES}.exists(c.path, true)`, 26, 'write a name for each entry: exists(c, …)'],
    ['evidence.stdout.text.matches(evidence.stderr.text)', 29, 'write the pattern itself: matches("…")'],
    ['evidence.', 9, 'complete it'],
    ['evidence.complete &&\n', 20, 'complete it'],
    ['', 0, 'complete it'],
    ['"', 0, 'close it with the quote that it began with'],
    ['risk.level == "high\n', 19, 'close it with the quote that it began with'],
    ['evidence.stdout.text.matches("\\d")', 30, 'double the backslash, or write r"…"'],
    ['(risk.score > 4', 15, 'close it with ), or correct what stands there'],
    ['risk.score in [4', 16, 'close it with ], or correct what stands there'],
    ['risk.score > 4)', 14, 'correct it there'],
    ['risk.level = "high"', 11, 'write =='],
    ['risk.level === "high"', 13, 'write =='],
    ['risk.level <> "high"', 12, 'write !='],
    ['risk.parsed and risk.opaque', 12, 'write &&'],
    ['risk.parsed or risk.opaque', 12, 'write ||'],
    ['not risk.parsed', 4, 'write ! before it'],
    ['risk.parsed & risk.opaque', 12, 'write && or ||'],
    ['risk.level == “high”', 14, 'write plain ones: "…"'],
    [`${CHANGES}.exists(c => c.path == "a")`, 26, 'write a name and a comma: exists(c, …)'],
  ])('for %s', (when, at, mend) => {
    expect(faultOf(when)).toMatchObject({ at, mend, index: 0, message: expect.stringMatching(/./) });
  });

  it('with a place, though nothing stands on its first line', () => {
    expect(faultOf('\n1')).toMatchObject({ at: 0, excerpt: '\n^' });
  });

  it('where a comment hides what YAML folded into its line', () => {
    expect(faultOf('evidence.complete // so far && risk.score > 3')).toMatchObject({ at: 18 });
    expect(faultOf('evidence.complete // so far\n')).toMatchObject({ at: 18 });
    expect(faultOf('evidence.complete // so far\n && risk.score > 3.0')).toBeUndefined();
    expect(faultOf('evidence.stdout.text.contains("http://a") || "//" == \'//\'')).toBeUndefined();
    expect(faultOf('envelope.command == r"\\//"')).toBeUndefined();
  });

  it('for patterns that are too large together', () => {
    const pattern = `risk.level.matches("${'ab|'.repeat(300)}c")`;
    const rules = Array.from({ length: 100 }, () => ruleOf(pattern));
    const result = compileRules(rules);
    expect(result).toMatchObject({ ok: false });
    expect(result.ok ? [] : result.faults).toHaveLength(20);
    expect(compileRules(rules.slice(0, 20))).toMatchObject({ ok: true });
  });

  it.each([
    ['names, values and operators', Array(100).fill('risk.score > 1').join('||'), 100, 0],
    ['patterns', 'risk.level.matches("a")', MAX_PATTERNS, 19],
  ])('for more %s than a policy may have, once', (what, when, most, at) => {
    const rules = Array.from({ length: 500 }, () => ruleOf(`${when} || ${when}`));
    const result = compileRules(rules);
    const index = most / 2;
    expect(result).toMatchObject({
      ok: false,
      faults: [{ index, at, message: expect.stringMatching(`too many.* ${what}|most`) }],
    });
    expect(result.ok ? [] : result.faults).toHaveLength(1);
    expect(compileRules(rules.slice(0, index))).toMatchObject({ ok: true });
  });

  it.each([
    ['brackets', `${'('.repeat(4000)}true`],
    ['negations', `${'!'.repeat(9999)}true`],
    ['parts', Array.from({ length: 1500 }, () => 'true').join(' || ')],
    ['fields', `evidence${'.x'.repeat(4000)}`],
    ['choices', `${'true ? '.repeat(1400)}true`],
    ['loops', 'abcd'.split('').reduceRight((inner, name) => `${CHANGES}.exists(${name}, ${inner})`, 'true')],
  ])('for too many %s', (_, when) => {
    expect(faultOf(when)?.mend).toMatch(
      /^(split it into several rules|ask with fewer loops|complete it|close it)/,
    );
  });

  it('or compiled, and nothing else happens, whatever it is made of', () => {
    const words = [
      'evidence',
      'envelope',
      'risk',
      'changes',
      'exists',
      'has',
      'c',
      'path',
      'kind',
      'size',
      'matches',
    ];
    const marks = [
      '.',
      '(',
      ')',
      ',',
      '[',
      ']',
      '==',
      '&&',
      '||',
      '!',
      '-',
      '+',
      '<',
      '?',
      ':',
      'in',
      '{',
      '}',
    ];
    const values = ['1', '1.5', '"a"', "'", '"(a+)+"', 'null', 'true', 'r"\\d"', '1u', '\\', '\n', '//', 'é'];
    const token = fc.constantFrom(...words, ...marks, ...values);
    const text = fc.oneof(
      fc.array(token, { maxLength: 30 }).map((tokens) => tokens.join(' ')),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (when) => {
        const fault = faultOf(when);
        if (fault === undefined) return;
        expect(fault.at).toBeGreaterThanOrEqual(0);
        expect(fault.at).toBeLessThanOrEqual(when.length);
        expect(fault.message).not.toBe('');
        expect(fault.mend).not.toBe('');
        expect(fault.excerpt).toMatch(/^[ -~]*\n *\^$/);
      }),
      { numRuns: 400 },
    );
  });
});

describe('the caret', () => {
  it('stands under the place, also where the line is long', () => {
    const when = `${'evidence.complete && '.repeat(20)}evidence.exit_cod == 1`;
    const [line = '', caret = ''] = faultOf(when)?.excerpt.split('\n') ?? [];
    expect(line.length).toBeLessThanOrEqual(100);
    expect(line.slice(caret.indexOf('^'))).toMatch(/^exit_cod == 1/);
  });
});
