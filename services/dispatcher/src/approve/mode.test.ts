import { blankAttempt, blankEvidence } from '@drylane/proto/evidence.fixture';
import { describe, expect, it } from 'vitest';
import { modeOf } from './mode.ts';

const undeclared = blankAttempt({ declared: false });
const declared = blankAttempt({ declared: true });
const nothing = blankEvidence();
const mocked = { ...nothing.fidelity, mocked_credentials: ['TOKEN'] };

describe('how a run lands', () => {
  it.each([
    ['it touched only files', nothing, 'apply'],
    ['it tried a host that nobody declared', blankEvidence({ network: [undeclared] }), 'apply'],
    ['it tried a declared host', blankEvidence({ network: [undeclared, declared] }), 'rerun'],
    ['it was given a credential that was not the real one', blankEvidence({ fidelity: mocked }), 'rerun'],
    ['it was kept from both', blankEvidence({ network: [declared], fidelity: mocked }), 'rerun'],
  ] as const)('when it is left to drylane and %s', (_, evidence, mode) => {
    expect(modeOf('auto', evidence)).toBe(mode);
  });

  it('is what its envelope says, whatever was seen', () => {
    for (const evidence of [nothing, blankEvidence({ network: [declared], fidelity: mocked })]) {
      expect(modeOf('apply', evidence)).toBe('apply');
      expect(modeOf('rerun', evidence)).toBe('rerun');
      expect(modeOf('none', evidence)).toBeNull();
    }
  });
});
