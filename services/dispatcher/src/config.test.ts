import { describe, expect, it } from 'vitest';
import { PRESETS } from './admit/load.ts';
import { dispatcherConfig } from './config.ts';

const GIVEN = {
  ...{ DRYLANE_DATABASE_URL: 'file:/var/lib/drylane/ledger', DRYLANE_SIGNING_KEY: 'a key in PEM' },
  ...{ DRYLANE_BLOBS: 'file:/blobs', DRYLANE_REDIS_URL: 'redis://127.0.0.1' },
};

function policyOf(named: string): string {
  return dispatcherConfig({ ...GIVEN, DRYLANE_POLICY: named }).config.DRYLANE_POLICY;
}

describe("a dispatcher's policy", () => {
  it.each([...PRESETS, '/etc/drylane/policy.yaml', '/strict'])('is named by %s', (named) => {
    expect(policyOf(named)).toBe(named);
  });

  it.each(['strikt', './strict', 'policy.yaml', 'Strict', '/etc/../x', 'toString'])(
    'is not named by %j, and it says by what',
    (named) => {
      expect(() => policyOf(named)).toThrow(/DRYLANE_POLICY: must be .*: standard, strict, open/);
    },
  );
});
