import { DrylaneError } from '@drylane/proto/errors';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from './policy.ts';

const read = (text: string) => parsePolicy(Buffer.from(text), 'p.yaml');

async function problems(text: string) {
  try {
    await read(text);
  } catch (error) {
    if (error instanceof DrylaneError && error.code === 'bad-policy') return error.problems;
    throw error;
  }
  return [];
}

const rule = (name: string): string =>
  `{ name: ${name}, when: "evidence.complete", severity: note, message: m }`;

describe('a policy', () => {
  it('needs to say little, and gets the rest', async () => {
    expect((await read('version: 1')).policy).toMatchObject({
      risk: { medium: 4, high: 7 },
      approvals: { rehearsal: { from: 'high' }, live: { from: 'medium', quorum: 1 } },
      images: { default: 'drylane/sandbox' },
    });
  });

  it('is refused with the place of every problem', async () => {
    expect(
      await problems(
        'version: 1\nimages: { default: a, allowed: [a, b, a] }\nlimits:\n  default: { timeout: 1h }\n',
      ),
    ).toEqual([
      {
        field: 'p.yaml:4:23 limits.default.timeout',
        message: 'is 1h, more than the 15m that limits.max allows',
        mend: 'make it at most 15m, or raise limits.max',
      },
      {
        field: 'p.yaml:2:39 images.allowed.2',
        message: 'overlaps entry 1, which covers it',
        mend: 'remove one of the two',
      },
    ]);
  });

  it('keeps its examples apart: they decide nothing, and no digest is of them', async () => {
    const text =
      'version: 1\ntests: [{ name: t, envelope: { command: ls, intent: { mode: read-only } }, expect: promote }]';
    const { policy, tests } = await read(text);
    expect(policy).toEqual((await read('version: 1')).policy);
    expect(tests).toMatchObject([{ name: 't', evidence: {}, expect: 'promote' }]);
  });

  it('has examples of different names, which speak of rules that there are', async () => {
    const test = (name: string, spoken: string): string =>
      `{ name: ${name}, envelope: { command: ls, intent: { mode: read-only } }, expect: block, rules: [${spoken}] }`;
    const tests = [test('a', 'own, surprise-path'), test('a', 'owm'), test('b', 'frobnicate')];
    const found = await problems(`version: 1\nrules: [ ${rule('own')} ]\ntests: [ ${tests.join(', ')} ]`);
    expect(found.map(({ field, mend }) => [field.split(' ')[1], mend])).toEqual([
      ['tests.1.name', 'give the example a name of its own'],
      ['tests.1.rules.0', 'did you mean own?'],
      ['tests.2.rules.0', 'name a rule of this policy, or a built-in one'],
    ]);
  });

  it('is told the built-in rules there are, where it raises one that is none', async () => {
    const found = await problems('version: 1\nseverities: { surprise-pth: block, frobnicate: block }');
    expect(found).toMatchObject([
      { mend: 'did you mean surprise-path?' },
      { mend: expect.stringMatching(/^write one of forbidden-path, surprise-path, /) },
    ]);
  });

  it.each([
    ['workspaces: { roots: [ /srv, /srv/repos ] }', 'workspaces.roots.1'],
    ['workspaces: { roots: [ /srv/repos/, /srv//repos ] }', 'workspaces.roots.1'],
    ['workspaces: { roots: [ /srv/repos, / ] }', 'workspaces.roots.0'],
    ['workspaces: { roots: [], tenants: { web: [ /srv, /srv/a ] } }', 'workspaces.tenants.web.1'],
    ['workspaces: { roots: [], tenants: { w: [ /w ] } }\nforbidden_paths: [ /w/x/ ]', 'forbidden_paths.0'],
    ['network: { declarable: [ "api.github.com:443", "*.github.com" ] }', 'network.declarable.0'],
    ['forbidden_paths: [ ".git/", "a", ".git/" ]', 'forbidden_paths.2'],
    ['workspaces: { roots: [ /w ] }\nforbidden_paths: [ /w/site/secrets/ ]', 'forbidden_paths.0'],
    ['workspaces: { roots: [ /w ] }\nforbidden_paths: [ "/w/*/secrets/" ]', 'forbidden_paths.0'],
    ['credentials: { LD_PRELOAD: { mock: x } }', 'credentials.LD_PRELOAD'],
    ['limits: { default: { pids: 500 }, max: { pids: 100 } }', 'limits.default.pids'],
    ['approvals: { live: { form: low } }', 'approvals.live.form'],
    ['severities: { forbidden-path: hold }', 'severities.forbidden-path'],
    ['severities: { resource-limit: hold }', 'severities.resource-limit'],
    ['severities: { unexpected-exit: note }', 'severities.unexpected-exit'],
    ['severities: { unexpected-exti: block }', 'severities.unexpected-exti'],
    ['severities: { canary-leak: off }', 'severities.canary-leak'],
    [`rules: [ ${rule('forbidden-path')} ]`, 'rules.0.name'],
    [`rules: [ ${rule('diverged-paths')} ]`, 'rules.0.name'],
    [`rules: [ ${rule('a')}, ${rule('a')} ]`, 'rules.1.name'],
  ])('is refused for %s', async (text, field) => {
    const found = await problems(`version: 1\n${text}`);
    expect(found.map((p) => p.field.split(' ')[1])).toEqual([field]);
    expect(found[0]?.field).toMatch(/^p\.yaml:[23]:\d+ /);
    expect(found[0]?.mend).not.toBe('write it as the message says');
  });

  it.each([
    'workspaces: { roots: [ /srv/a, /srv/ab ] }\nforbidden_paths: [ /etc/, "/**/.ssh/", ".env*" ]',
    'network: { declarable: [ "github.com", "*.github.com:443", "*.github.com:80" ] }',
    'limits: { default: { timeout: 15m } }',
    'severities: { unexpected-exit: block, expected-write-missing: hold, forbidden-path: block }',
    `rules: [ ${rule('a')}, ${rule('b')} ]`,
  ])('may say %s', async (text) => {
    expect(await problems(`version: 1\n${text}`)).toEqual([]);
  });
});

describe('a rule of a policy', () => {
  it('is checked also where something else does not fit', async () => {
    const rules = [
      '{ name: a, when: "evidence.exit_cod == 1", severity: blck, message: m }',
      '{ name: b, when: 3, severity: note, message: m }',
      'c',
      '{ name: d, when: "risk.scor > 3", severity: note, message: m }',
    ];
    const found = await problems(`version: 1\nrules:\n  - ${rules.join('\n  - ')}\n`);
    expect(found.map(({ field }) => field)).toEqual([
      'p.yaml:3:58 rules.0.severity',
      'p.yaml:4:22 rules.1.when',
      'p.yaml:5:5 rules.2',
      'p.yaml:3:32 rules.0.when',
      'p.yaml:6:28 rules.3.when',
    ]);
    expect(await problems('version: 2\nrules: 3')).toHaveLength(2);
    expect(await problems('[]')).toHaveLength(1);
    expect(await problems('a: [')).not.toHaveLength(0);
  });

  const RULE = (when: string): string =>
    `version: 1\nrules:\n  - name: own\n    severity: hold\n    message: m\n    when: ${when}\n`;

  it.each([
    ['evidence.changes.exists(c, c.pth == "x")', '6:40', 'did you mean path?'],
    [`'evidence.changes.exists(c, c.path == "it''s" && c.pth == "x")'`, '6:62', 'did you mean path?'],
    ['"evidence.changes.exists(c, c.path == \\"a\\" && c.pth == \\"x\\")"', '6:60', 'did you mean path?'],
    ['|\n      evidence.complete\n        && evidence.exit_cod == 1', '8:21', 'did you mean exit_code?'],
    ['>-\n      evidence.complete\n      && evidence.exit_cod == 1', '8:19', 'did you mean exit_code?'],
    ['evidence.complete\n      && evidence.exit_cod == 1', '7:19', 'did you mean exit_code?'],
    ['"evidence.complete &&\\n evidence.exit_cod == 1"', '6:11', 'did you mean exit_code?'],
    ['evidence.exit_code', '6:11', 'compare it with something: … == …'],
    ['evidence.complete &&', '6:31', 'complete it'],
    ['risk.score > "4"', '6:11', 'compare values of one kind; "3" is text, 3 a whole number, 3.0 a number'],
    ['evidence.stdout.text.matches("(a+)+$")', '6:41', 'write one repetition, such as a+'],
    ['evidence.stdout.text.matches("[z-a]")', '6:42', expect.stringMatching(/syntax of RE2/)],
  ])('is refused for %s, with the place', async (when, place, mend) => {
    const found = await problems(RULE(when));
    expect(found).toMatchObject([{ field: `p.yaml:${place} rules.0.when`, mend }]);
  });

  it('is shown with a caret under the place', async () => {
    const [problem] = await problems(RULE('|\n      evidence.complete\n        && evidence.exit_cod == 1'));
    expect(problem?.message.split('\n')).toEqual([
      'exit_cod is not a field of evidence',
      '  && evidence.exit_cod == 1',
      '              ^',
    ]);
  });

  it('says every rule that is wrong at once, beside all else', async () => {
    const rules = ['evidence.a', 'true', 'evidence.b'].map(
      (when, at) => `{ name: r${at}, when: "${when}", severity: note, message: m }`,
    );
    const found = await problems(`version: 1\nrules: [ ${rules.join(', ')} ]\nforbidden_paths: [ a, a ]`);
    expect(found.map(({ field }) => field.split(' ')[1])).toEqual([
      'forbidden_paths.1',
      'rules.0.when',
      'rules.2.when',
    ]);
  });
});
