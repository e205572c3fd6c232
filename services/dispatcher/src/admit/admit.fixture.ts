import type { Envelope } from '@drylane/proto/envelope';
import { Policy } from '@drylane/proto/policy';
import type { AdmitContext } from './admit.ts';

/** The envelope of a mutating command in /workspace/site, with what a test changes. */
export function envelope(over: Partial<Envelope> = {}, intent: Partial<Envelope['intent']> = {}): Envelope {
  return {
    command: 'python3 scripts/rewrite.py blog/*.md',
    working_dir: '/workspace/site',
    intent: { mode: 'mutating', expected_writes: ['blog/*.md'], ...intent },
    ...over,
  };
}

/** A small policy, with what a test changes. */
export function policy(over: Partial<Policy> = {}): Policy {
  return {
    ...Policy.parse({
      version: 1,
      workspaces: { roots: ['/workspace'] },
      network: { declarable: ['*.github.com:443'] },
      credentials: { GITHUB_TOKEN: { mock: 'ghp_' } },
      forbidden_paths: ['.git/'],
    }),
    ...over,
  };
}

/** A world in which every path leads to itself and is a directory. */
export function context(over: Partial<AdmitContext['located']> = {}): AdmitContext {
  const site = { path: '/workspace/site', directory: true };
  return {
    located: { workspace: site, workingDir: site, roots: ['/workspace'], ...over },
    looksSecret: (_, value) => (value.startsWith('ghp_') ? 'github-token' : undefined),
  };
}
