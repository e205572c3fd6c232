import { describe, expect, it } from 'vitest';
import { attempt, comparison, evidence, step } from '../compare.fixture.ts';
import { compare } from '../compare.ts';
import type { Comparison } from '../comparison.ts';

const find = (rule: string, given: Comparison) => compare(given).find((finding) => finding.rule === rule);

describe('network findings', () => {
  it('say which host was tried by which program, and what intent named', () => {
    const given = comparison({ network: [attempt({ host: 'evil.example', step: 2 })] });
    expect(find('undeclared-network', given)).toMatchObject({
      message: 'tried to reach evil.example:443 (curl) but intent declared no network',
      step: 2,
    });
    const named = comparison(
      { network: [attempt({ host: 'evil.example' })] },
      { network: ['api.github.com'] },
    );
    expect(find('undeclared-network', named)?.message).toContain('intent only named api.github.com');
  });

  it('do not believe a record of declared that the patterns do not bear out, nor the other way round', () => {
    const lie = comparison(
      { network: [attempt({ host: 'evil.example', declared: true })] },
      { network: ['a.b'] },
    );
    expect(find('undeclared-network', lie)).toBeDefined();
    const unsaid = comparison({ network: [attempt()] }, { network: ['api.github.com'] });
    expect(find('undeclared-network', unsaid)).toBeDefined();
  });

  it('hold what reached for a declared host, since live will differ', () => {
    const given = comparison(
      { network: [attempt({ declared: true, step: 1 })] },
      { network: ['*.github.com:443'] },
    );
    expect(find('stripped-capability', given)).toMatchObject({
      message: 'api.github.com:443 (curl) could not be reached in the rehearsal: live will differ',
      step: 1,
    });
  });
});

describe('credentials', () => {
  it('count as used once the command was given them, whether intent or the record says so', () => {
    const fidelity = { ...evidence().fidelity, mocked_credentials: ['NPM_TOKEN'] };
    expect(find('stripped-capability', comparison({ fidelity }))?.message).toContain('NPM_TOKEN');
    expect(find('stripped-capability', comparison({}, { credentials: ['T'] }))?.message).toContain('T');
  });

  it('that leak are named with the place', () => {
    const canaries = [{ credential: 'T', where: 'change' as const, path: 'blog/a.md', step: 1 }];
    expect(find('canary-leak', comparison({ canaries }))).toMatchObject({
      message: 'leaked the value of a credential: T in blog/a.md',
      paths: ['blog/a.md'],
      step: 1,
    });
  });
});

describe('a program that the image lacks', () => {
  const process = {
    pid: 5,
    parent: 3,
    argv: ['bash'],
    exit_code: 127,
    signal: null,
    step: 1,
    duration_ms: 1,
  };

  it('holds, also where the command goes on without it', () => {
    const finding = { message: 'a program was not found in the rehearsal: live will differ', step: 1 };
    expect(find('stripped-capability', comparison({ processes: [process] }))).toMatchObject(finding);
    const piped = step(1, 'docker ps | cat', { pipe_status: [127, 0] });
    expect(find('stripped-capability', comparison({ steps: [piped] }))).toMatchObject(finding);
    const last = step(1, 'docker ps', { exit_code: 127 });
    expect(find('stripped-capability', comparison({ exit_code: 127, steps: [last] }))).toMatchObject(finding);
  });

  it('is none where everything was found', () => {
    const fine = { ...process, exit_code: 126 };
    expect(find('stripped-capability', comparison({ processes: [fine] }))).toBeUndefined();
  });
});

describe('a failure that the sandbox caused', () => {
  const network = [attempt({ port: null, protocol: 'dns', step: 0 })];
  const curl = { pid: 5, parent: 3, argv: ['/usr/bin/curl', '-s'], signal: null, step: 0, duration_ms: 1 };

  it('is told from what was recorded and never from what the command printed', () => {
    const stderr = { text: 'curl: (6) Could not resolve host', bytes: 33, truncated: false, redactions: 0 };
    expect(find('sandbox-caused-failure', comparison({ exit_code: 6, stderr }))).toBeUndefined();
    const given = comparison({ exit_code: 6, stderr, network, processes: [{ ...curl, exit_code: 6 }] });
    expect(find('sandbox-caused-failure', given)).toMatchObject({
      message: expect.stringContaining('api.github.com (curl)'),
      step: 0,
    });
  });

  it('is none where the program that reached for the network ended well, or nothing failed', () => {
    const fine = { ...curl, exit_code: 0 };
    expect(
      find('sandbox-caused-failure', comparison({ exit_code: 1, network, processes: [fine] })),
    ).toBeUndefined();
    const failed = { ...curl, exit_code: 6 };
    expect(
      find('sandbox-caused-failure', comparison({ exit_code: 0, network, processes: [failed] })),
    ).toBeUndefined();
  });

  it('counts a program that was killed, and one that had not ended', () => {
    for (const end of [
      { exit_code: null, signal: 'SIGKILL' },
      { exit_code: null, signal: null },
    ]) {
      const given = comparison({
        exit_code: null,
        timed_out: true,
        network,
        processes: [{ ...curl, ...end }],
      });
      expect(find('sandbox-caused-failure', given)).toBeDefined();
    }
  });

  it('may lie in a credential that was a mock, where the step that failed uses it', () => {
    const using = (text: string) =>
      comparison({ exit_code: 1, steps: [step(0, text, { exit_code: 1 })] }, { credentials: ['T'] });
    expect(find('sandbox-caused-failure', using('login "$T"'))?.message).toContain('the real T');
    expect(find('sandbox-caused-failure', using(`login "$\{T}"`))?.message).toContain('the real T');
    expect(find('sandbox-caused-failure', using('login "$TOKEN"'))).toBeUndefined();
  });
});
