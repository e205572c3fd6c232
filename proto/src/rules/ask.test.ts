import { Environment } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blankAttempt, blankChange } from '../evidence.fixture.ts';
import { ask, facts, named } from './rules.fixture.ts';

const CHANGED = facts({
  changes: [blankChange('a.md'), blankChange('.github/workflows/ci.yml', { kind: 'added', step: null })],
  network: [blankAttempt()],
});

describe('a rule', () => {
  it.each([
    ['evidence.changes.exists(c, c.path.endsWith(".md"))', true],
    ['evidence.changes.all(c, c.path.endsWith(".md"))', false],
    ['evidence.changes.exists_one(c, c.kind == "added")', true],
    ['evidence.changes.filter(c, c.kind == "added").map(c, c.path) == [".github/workflows/ci.yml"]', true],
    ['evidence.changes.map(c, c.kind == "added", c.path).size() == 1', true],
    ['evidence.changes.exists(c, c.path.matches(r"^\\.github/workflows/[^/]+\\.ya?ml$"))', true],
    ['evidence.changes[0].path + "!" == "a.md!"', true],
    ['evidence.changes.exists(c, c.step == null)', true],
    ['evidence.changes.exists(c, c.step == 7)', false],
    ['risk.score >= 4 && risk.score == 4 && risk.score < 4.5', true],
    ['risk.dimensions.write > risk.dimensions.network', true],
    ['"sed" in risk.programs && !("rm" in risk.programs)', true],
    ['has(envelope.task) || has(envelope.workspace.git)', false],
    ['envelope.intent.network.size() == 0 && envelope.intent.expected_exit == [0]', true],
    ['envelope.shell == "bash" && envelope.promotion == "auto"', true],
    ['envelope.env["LANG"] == "C" || "LANG" in envelope.env || has(envelope.env.LANG)', false],
    ['evidence.network.exists(n, n.host == null || n.host.contains("."))', true],
    ['size(evidence.stdout.text) == 0 ? true : false', true],
    ['envelope.command.lowerAscii().startsWith("sed")', true],
    ['-7 / 2 == -3 && -7 % 2 == -1 && 7.0 / 2.0 == 3.5', true],
    ['evidence.changes.size() * 2 - 1 == 3', true],
    ['evidence.exit_code in envelope.intent.expected_exit', true],
  ])('%s says %s', (when, says) => {
    expect(ask(when, CHANGED)).toEqual({ says });
  });

  it.each([
    ['envelope.task.startsWith("a")', 'envelope.task is not there'],
    ['evidence.changes.exists(c, c.step > 3)', 'c.step is not there'],
    ['evidence.changes[9].path == "a"', 'there is no entry 9'],
    ['1 / (evidence.changes.size() - 2) == 1', /no whole number that fits/],
    ['evidence.changes.size() * 9007199254740991 > 1', /no whole number that fits/],
    ['envelope.workspace.git.url == "x"', 'envelope.workspace is not there'],
  ])('that cannot be evaluated says that nobody knows: %s', (when, why) => {
    expect(ask(when, CHANGED)).toEqual({ undecided: expect.stringMatching(why) });
  });

  it.each([
    ['envelope.task == "a" || true', { says: true }],
    ['envelope.task.size() == 1 || true', { says: true }],
    ['envelope.task.size() == 1 && false', { says: false }],
    ['evidence.changes.exists(c, c.step < 3)', { says: true }],
  ])('is decided where what is missing does not matter, as CEL has it: %s', (when, answer) => {
    expect(ask(when, CHANGED)).toEqual(answer);
  });
});

describe('a rule that asks whether a change is so', () => {
  it.each([
    ['evidence.changes.exists(c, c.path.endsWith(".md"))', ['a.md']],
    [
      'evidence.changes.exists(c, c.step == 0) || evidence.changes.exists(c, c.kind == "added")',
      ['a.md', '.github/workflows/ci.yml'],
    ],
    ['evidence.changes.exists(c, c.step < 3)', ['a.md']],
    ['evidence.changes.exists(c, c.kind == "deleted")', []],
    ['evidence.changes.size() == 2', ['a.md', '.github/workflows/ci.yml']],
    ['evidence.changes.filter(c, c.kind == "added").size() > 0', ['.github/workflows/ci.yml']],
    ['!evidence.changes.exists(c, c.path == "b")', ['a.md', '.github/workflows/ci.yml']],
    ['evidence.changes.all(c, c.entries == 1)', ['a.md', '.github/workflows/ci.yml']],
    [
      'evidence.changes.size() > 9 || evidence.changes.exists(c, c.kind == "added")',
      ['.github/workflows/ci.yml'],
    ],
    [
      'evidence.changes.size() > 1 && evidence.changes.exists(c, c.kind == "added")',
      ['.github/workflows/ci.yml'],
    ],
    [
      'evidence.changes.size() > 1 || evidence.changes.exists(c, c.kind == "added")',
      ['a.md', '.github/workflows/ci.yml'],
    ],
    ['evidence.changes.size() > 1 && risk.score > 3', ['a.md', '.github/workflows/ci.yml']],
    ['risk.score > 3', []],
    [
      'evidence.steps.all(s, evidence.changes.filter(c, c.step == s.index).size() < 9)',
      ['a.md', '.github/workflows/ci.yml'],
    ],
    ['evidence.changes.filter(c, c.path.matches("md$")).size() == 1', ['a.md']],
    [
      'evidence.changes.filter(c, evidence.changes.filter(d, d.path == c.path).size() == 1).size() > 1',
      ['a.md', '.github/workflows/ci.yml'],
    ],
    // It cannot be decided: of what, all of them may be.
    ['evidence.changes.exists(c, c.step > 3)', ['a.md', '.github/workflows/ci.yml']],
    ['evidence.network.exists(n, true)', []],
  ])('names those that are: %s', (when, paths) => {
    expect(named(when, CHANGED)).toEqual(paths);
  });
});

describe('output whose middle was left out', () => {
  const output = (truncated: boolean) => ({
    text: 'a\n… 9 bytes left out …\nz',
    bytes: 90,
    truncated,
    redactions: 0,
  });
  const cut = facts({ stdout: output(true), stderr: output(false) });
  const unknown = {
    undecided: expect.stringMatching(/^\w+\.?\w*\.text is not all there: its middle was left out$/),
  };

  it.each([
    'evidence.stdout.text.contains("password")',
    '!evidence.stdout.text.contains("9 bytes")',
    'evidence.stdout.text.matches("^a")',
    'evidence.stdout.text.startsWith("q")',
    'evidence.stdout.text == "a"',
    'evidence.stdout.text != ""',
    'evidence.stdout.text in ["a"]',
    'size(evidence.stdout.text) > 1000',
    'evidence.stdout.text.lowerAscii().endsWith("y")',
    '[evidence.stderr, evidence.stdout].exists(o, o.text.contains("password"))',
    'evidence.stdout.text.contains("q") || evidence.timed_out',
  ])('is no answer to what asks of its text: %s', (when) => {
    expect(ask(when, cut)).toEqual(unknown);
    expect(ask(when, facts({ stdout: output(false), stderr: output(false) }))).toHaveProperty('says');
  });

  it.each([
    ['evidence.stdout.truncated || evidence.stdout.text.contains("q")', true],
    ['!evidence.stdout.truncated && evidence.stdout.text.contains("q")', false],
    ['evidence.stderr.text.contains("q")', false],
    ['evidence.stdout.bytes > 80 && has(evidence.stdout.text)', true],
    ['evidence.timed_out && evidence.stdout.text.contains("q")', false],
  ])('is one where the rest decides: %s', (when, says) => {
    expect(ask(when, cut)).toEqual({ says });
  });
});

describe('a directory that is one change', () => {
  const whole = facts({ changes: [blankChange('deploy', { kind: 'deleted', type: 'dir', entries: 9 })] });
  const inside = 'evidence.changes.exists(c, c.path.startsWith("deploy/"))';
  const unknown = { undecided: expect.stringMatching(/^a directory came or went whole/) };

  it.each([inside, 'evidence.changes.exists(c, c.type == "symlink")', 'size(evidence.changes) > 5'])(
    'is no answer to what asks of the changes in it: %s',
    (when) => {
      expect(ask(when, whole)).toEqual(unknown);
      expect(ask(when, facts({ changes: [blankChange('a')] }))).toEqual({ says: false });
    },
  );

  it.each([
    `${inside} || evidence.changes.exists(c, c.entries > 10)`,
    'evidence.changes.exists(c, c.kind == "added")',
    'evidence.changes.exists(c, c.class == "forbidden")',
    'evidence.timed_out',
  ])('is one where a rule asks for it, or what it asks holds for all: %s', (when) => {
    expect(ask(when, whole)).toEqual({ says: false });
  });
});

describe('the work of a rule', () => {
  const changes = Array.from({ length: 100_000 }, (_, at) => blankChange(`src/some/deep/directory/${at}.ts`));
  const many = facts({
    changes,
    stdout: { text: 'a'.repeat(1e6), bytes: 1e6, truncated: false, redactions: 0 },
  });
  const tooMuch = { undecided: 'it takes more work than a rule may do' };

  it.each([
    'evidence.changes.exists(c, c.path.endsWith(".lock") || c.kind == "deleted" && c.entries > 100)',
    'evidence.changes.exists(c, c.path.matches("lock|secret"))',
    'evidence.changes.filter(c, c.binary).size() > 1000',
    'evidence.stdout.text.matches("(x+x+y)+z")',
  ])('suffices for 100,000 changes and a megabyte of output: %s', (when) => {
    expect(ask(when, many)).toEqual({ says: false });
  });

  it.each([
    'evidence.changes.exists(c, evidence.changes.exists(d, d.path == c.path + "x"))',
    'evidence.changes.exists(c, c.step == null || evidence.changes.all(d, d.path != "x") && false)',
    'evidence.stdout.text.contains(evidence.stdout.text + "b")',
    'evidence.changes.exists(c, evidence.stdout.text.matches("b$"))',
    `evidence.changes.exists(c, ${Array(150).fill('1 / 0 == 1').join(' || ')})`,
    `evidence.changes.exists(c, ${Array(150).fill('c.before.size > 1').join(' || ')})`,
    'evidence.stdout.text.matches("[ab]*a[ab]{300}[yz]")',
  ])('is bounded, however hostile the evidence: %s', (when) => {
    const startedMs = performance.now();
    expect(ask(when, many)).toEqual(tooMuch);
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });
});

const LEAF = fc.constantFrom(
  ...['evidence.complete', 'evidence.exit_code == 0', 'evidence.exit_code > 1', 'risk.score >= 2.5'],
  ...['evidence.changes.exists(c, c.additions > 2)', 'evidence.changes.all(c, c.path.size() < 4)'],
  ...['evidence.changes.exists_one(c, c.kind == "added")', 'evidence.stdout.text.contains("a")'],
  ...['evidence.changes.filter(c, c.binary).size() == 1', 'evidence.changes.map(c, c.entries) == [1, 1]'],
  ...[
    'evidence.changes.size() / 2 == 1',
    'evidence.changes[0].binary',
    'evidence.changes[1].entries % 2 == 0',
  ],
  ...[
    '"b" in evidence.changes.map(c, c.path)',
    'evidence.exit_code * 3 - 1 < 5',
    '"ab".startsWith(risk.level)',
  ],
);
const { tree: EXPRESSION } = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    LEAF,
    tie('tree').map((a) => `!(${a})`),
    fc
      .tuple(tie('tree'), fc.constantFrom('&&', '||', '=='), tie('tree'))
      .map(([a, op, b]) => `(${a}) ${op} (${b})`),
    fc.tuple(tie('tree'), tie('tree'), tie('tree')).map(([a, b, c]) => `(${a}) ? (${b}) : (${c})`),
    LEAF.map((a) => `evidence.changes.exists(x, x.binary && (${a}) || x.additions > 1)`),
  ),
}));
const SEEN = fc.record({
  complete: fc.boolean(),
  exit_code: fc.integer({ min: 0, max: 3 }),
  changes: fc.array(
    fc
      .record({
        binary: fc.boolean(),
        additions: fc.nat(4),
        entries: fc.integer({ min: 1, max: 4 }),
        kind: fc.constantFrom('added', 'deleted'),
      } as const)
      .map((over) => blankChange('b', over)),
    { maxLength: 3 },
  ),
});

describe('what our evaluation says', () => {
  it("is what the library's own says, where that has all it needs", () => {
    const environment = new Environment({ unlistedVariablesAreDyn: true });
    fc.assert(
      fc.property(EXPRESSION, SEEN, (asked, seen) => {
        const [given, when] = [facts(seen), `(${asked}) || evidence.changes.exists(e, e.entries < 1)`];
        expect(ask(when, given)).toEqual(theirs(environment, when, given));
      }),
      { numRuns: 500 },
    );
  });
});

function theirs(environment: Environment, when: string, given: ReturnType<typeof facts>) {
  try {
    return { says: environment.evaluate(when, withIntegers(given) as Record<string, unknown>) };
  } catch {
    return { undecided: expect.any(String) };
  }
}

/** Whole numbers as the library wants them, except the score, which is none. */
function withIntegers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withIntegers);
  if (typeof value === 'number') return BigInt(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === 'score' ? inner : withIntegers(inner)]),
  );
}
