import type { Envelope } from '@drylane/proto/envelope';
import { DrylaneError } from '@drylane/proto/errors';
import { limitValues } from '@drylane/proto/limits';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { context, envelope, policy } from './admit.fixture.ts';
import { admit } from './admit.ts';
import type { Admitted } from './admitted.ts';
import { coversHost } from './hosts.ts';
import { MOST } from './limits.ts';
import { isInside } from './place.ts';

const HOSTS = ['a.example:443', '*.a.example', 'b.a.example:80', 'unix:/run/x'] as const;
const NAMES = ['TOKEN', 'OTHER', 'toString'] as const;
const IMAGES = ['drylane/sandbox', 'node:24', 'node:24-evil'] as const;
const ROOTS = ['/workspace', '/srv', '/workspace/other'] as const;
const mostly = <T>(usual: T, rest: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: rest });

const LIMITS = fc.record(
  {
    timeout: fc.constantFrom('1s', '60s', '14m', '24h'),
    memory: fc.constantFrom('64Mi', '4Gi', '64Gi'),
    cpus: fc.constantFrom(0.5, 2, 64),
    pids: fc.constantFrom(8, 256, 4096),
    disk: fc.constantFrom('1Mi', '4Gi', '40Gi'),
    output: fc.constantFrom('64Ki', '8Mi', '64Mi'),
  },
  { requiredKeys: [] },
);

const POLICY = fc
  .record({
    declarable: fc.subarray([...HOSTS]),
    credentials: fc.subarray([...NAMES]),
    allowed: fc.subarray([...IMAGES], { minLength: 1 }),
    forbidden_paths: fc.subarray(['.git/', '**/*.key', '/workspace/site/x/']),
    max: LIMITS,
    default: LIMITS,
  })
  .map((given) =>
    policy({
      network: { declarable: given.declarable },
      credentials: Object.fromEntries(given.credentials.map((name) => [name, { mock: 'm' }])),
      images: { default: given.allowed[0] ?? '', allowed: given.allowed },
      forbidden_paths: given.forbidden_paths,
      limits: { default: given.default, max: given.max },
    }),
  );

const ASKED = fc
  .record({
    network: mostly<string[]>([], fc.subarray([...HOSTS])),
    credentials: mostly<string[]>([], fc.subarray([...NAMES])),
    image: fc.option(fc.constantFrom(...IMAGES), { nil: undefined }),
    forbidden_paths: fc.subarray(['secrets/']),
    limits: mostly({}, LIMITS),
  })
  .map(({ network, credentials, image, forbidden_paths, limits }) =>
    envelope(
      { ...(image === undefined ? {} : { image }), limits },
      { network, credentials, forbidden_paths },
    ),
  );

function admitted(given: Envelope, under: ReturnType<typeof policy>, roots: readonly string[]) {
  try {
    return admit(given, under, context({ roots }));
  } catch (fault) {
    if (fault instanceof DrylaneError && fault.code === 'bad-input') return fault;
    throw fault;
  }
}

/** What a run may do under a policy, whatever it asked for. */
function withinCaps(run: Admitted, under: ReturnType<typeof policy>, roots: readonly string[]): void {
  const most = limitValues({ ...MOST, ...under.limits.max });
  for (const [name, value] of Object.entries(run.limits))
    expect(value, name).toBeLessThanOrEqual(most[name as keyof typeof most]);
  expect(under.images.allowed).toContain(run.image);
  expect(Object.keys(under.credentials)).toEqual(expect.arrayContaining([...run.credentials]));
  for (const host of run.network)
    expect(under.network.declarable.some((allowed) => coversHost(allowed, host))).toBe(true);
  expect(run.forbiddenPaths).toEqual(expect.arrayContaining([...under.forbidden_paths]));
  expect(roots.some((root) => isInside(run.workspace, root))).toBe(true);
}

describe('policy', () => {
  it('caps hosts, credentials, images, limits, roots and adds what it forbids, whatever an intent asks for', () => {
    let letIn = 0;
    fc.assert(
      fc.property(
        POLICY,
        ASKED,
        mostly<string[]>(['/workspace'], fc.subarray([...ROOTS])),
        (under, given, roots) => {
          const result = admitted(given, under, roots);
          if (result instanceof DrylaneError) {
            for (const { field, mend } of result.problems) expect([field, mend]).not.toContain('');
            return;
          }
          letIn += 1;
          withinCaps(result, under, roots);
          // Asking for less than policy allows is never asking for too much.
          expect(result.forbiddenPaths).toEqual(expect.arrayContaining(given.intent.forbidden_paths ?? []));
        },
      ),
      { numRuns: 500 },
    );
    expect(letIn).toBeGreaterThan(10);
  });
});
