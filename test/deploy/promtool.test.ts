import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { alerts, checks, PROMETHEUS, testFiles } from './deployed.ts';

function promtool(...args: string[]) {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, {
    cwd: PROMETHEUS,
    encoding: 'utf8',
  });
  if (error) throw new Error('promtool cannot be run; npm run machine', { cause: error });
  return { status, said: `${stdout}${stderr}` };
}

describe('promtool', () => {
  it.each(['recording.rules.yml', 'alerts.rules.yml'])('finds no fault in %s', (file) => {
    const { status, said } = promtool('check', 'rules', '--lint=all', '--lint-fatal', file);
    expect(status, said).toBe(0);
  });

  it('finds no fault in prometheus.yml, nor in what it names', () => {
    const { status, said } = promtool('check', 'config', '--lint=all', '--lint-fatal', 'prometheus.yml');
    expect(status, said).toBe(0);
  });

  it.each(testFiles())(
    'sees each alert fire when it should, and only then: %s',
    { timeout: 300_000 },
    (file) => {
      const { status, said } = promtool('test', 'rules', file);
      expect(status, said).toBe(0);
    },
  );
});

describe('the tests of the rules', () => {
  it.each(alerts().map(({ alert }) => alert))('see %s fire, and see it silent', (alert) => {
    const firing = checks().filter(({ alertname }) => alertname === alert);
    expect(firing.some((check) => check.exp_alerts.length > 0)).toBe(true);
    expect(firing.some((check) => check.exp_alerts.length === 0)).toBe(true);
  });
});
