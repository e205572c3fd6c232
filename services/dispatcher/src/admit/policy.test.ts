import { DrylaneError } from '@drylane/proto/errors';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from './policy.ts';

const read = (text: string) => parsePolicy(Buffer.from(text), 'p.yaml');

function problems(text: string) {
  try {
    read(text);
  } catch (error) {
    if (error instanceof DrylaneError && error.code === 'bad-policy') return error.problems;
    throw error;
  }
  return [];
}

describe('a policy', () => {
  it('needs to say little, and gets the rest', () => {
    expect(read('version: 1')).toMatchObject({
      risk: { medium: 4, high: 7 },
      approvals: { rehearsal: { from: 'high' }, live: { from: 'medium', quorum: 1 } },
      images: { default: 'drylane/sandbox' },
    });
  });

  it('is refused with the place of every problem', () => {
    expect(
      problems(
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

  it('is refused for rules, which this version would not evaluate', () => {
    const rule = '{ name: a, when: "true", severity: hold, message: m }';
    expect(problems(`version: 1\nrules: [${rule}]`)).toEqual([
      {
        field: 'p.yaml:2:8 rules',
        message: 'policy rules are not evaluated by this version',
        mend: 'remove rules',
      },
    ]);
    expect(problems('version: 1\nrules: []')).toEqual([]);
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
  ])('is refused for %s', (text, field) => {
    const found = problems(`version: 1\n${text}`);
    expect(found.map((p) => p.field.split(' ')[1])).toEqual([field]);
    expect(found[0]?.field).toMatch(/^p\.yaml:[23]:\d+ /);
    expect(found[0]?.mend).not.toBe('write it as the message says');
  });

  it.each([
    'workspaces: { roots: [ /srv/a, /srv/ab ] }\nforbidden_paths: [ /etc/, "/**/.ssh/", ".env*" ]',
    'network: { declarable: [ "github.com", "*.github.com:443", "*.github.com:80" ] }',
    'limits: { default: { timeout: 15m } }',
  ])('may say %s', (text) => {
    expect(problems(`version: 1\n${text}`)).toEqual([]);
  });
});
