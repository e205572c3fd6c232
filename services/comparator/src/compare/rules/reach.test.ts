import { NETWORK_UNOBSERVED } from '@drylane/proto/evidence';
import { describe, expect, it } from 'vitest';
import { attempt, comparison, evidence } from '../compare.fixture.ts';
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

describe('hosts that intent names where nobody watched the network', () => {
  const fidelity = { ...evidence().fidelity, unobserved: [NETWORK_UNOBSERVED] };
  const network = ['api.github.com:443'];

  it('count as tried: live will differ', () => {
    expect(find('stripped-capability', comparison({ fidelity }, { network }))).toMatchObject({
      message: 'api.github.com:443 could not be reached in the rehearsal: live will differ',
      step: null,
    });
    expect(find('stripped-capability', comparison({ fidelity }))).toBeUndefined();
  });

  it('may explain a failure', () => {
    const failed = comparison({ fidelity, exit_code: 6 }, { network });
    expect(find('sandbox-caused-failure', failed)?.message).toContain('api.github.com:443');
    expect(find('sandbox-caused-failure', comparison({ fidelity, exit_code: 6 }))).toBeUndefined();
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
      message: 'the value of a credential leaked: T in blog/a.md',
      paths: ['blog/a.md'],
      step: 1,
    });
  });
});

describe('a failure that the sandbox caused', () => {
  it('is told from what was recorded and never from what the command printed', () => {
    const stderr = { text: 'curl: (6) Could not resolve host', bytes: 33, truncated: false, redactions: 0 };
    expect(find('sandbox-caused-failure', comparison({ exit_code: 6, stderr }))).toBeUndefined();
    const given = comparison({ exit_code: 6, stderr, network: [attempt({ port: null, protocol: 'dns' })] });
    expect(find('sandbox-caused-failure', given)?.message).toContain('api.github.com (curl)');
  });

  it('may lie in a credential that was a mock', () => {
    const given = comparison({ exit_code: 1 }, { credentials: ['T'] });
    expect(find('sandbox-caused-failure', given)?.message).toContain('the real T');
  });
});
