import { digestOfJson } from '@drylane/proto/digest';
import type { Envelope, Intent } from '@drylane/proto/envelope';
import { DrylaneError, type Problem } from '@drylane/proto/errors';
import type { Policy } from '@drylane/proto/policy';
import type { Admitted } from './admitted.ts';
import { environmentProblems, type LooksSecret } from './environment.ts';
import { gitProblems } from './git.ts';
import { coversHost } from './hosts.ts';
import { limitProblems, settleLimits } from './limits.ts';
import { forbiddenIn, patternProblems, unwatchedProblems } from './patterns.ts';
import { type Located, placeProblems, workspacePath } from './place.ts';

/** What `admit` must be told about the world. */
export interface AdmitContext {
  readonly located: Located;
  readonly looksSecret: LooksSecret;
}

/**
 * Lets an envelope in under a policy, with every default filled. Intent can only lower authority: whatever it
 * asks for beyond policy is refused, never silently cut. `expected_writes: ["**"]` is let in: it promises little
 * and so nothing can surprise, but forbidden paths still win over it and risk still decides who must approve.
 * @throws DrylaneError 'bad-input' with every problem at once: field, message and mend.
 */
export function admit(envelope: Envelope, policy: Policy, { located, looksSecret }: AdmitContext): Admitted {
  const { intent } = envelope;
  const problems = [
    ...placeProblems(envelope, located),
    ...gitProblems(envelope),
    ...imageProblems(envelope, policy),
    ...intentPatternProblems(envelope, located),
    ...networkProblems(intent, policy),
    ...credentialProblems(intent, policy),
    ...environmentProblems(envelope.env ?? {}, credentialNames(intent, policy), looksSecret),
    ...limitProblems(envelope.limits ?? {}, policy.limits.max, 'limits'),
  ];
  const { workspace, workingDir } = located;
  if (problems.length > 0 || workspace === null || workingDir === null)
    throw new DrylaneError('bad-input', problems);
  return {
    envelope,
    envelopeDigest: digestOfJson(envelope),
    policyDigest: digestOfJson(policy),
    task: envelope.task ?? null,
    command: envelope.command,
    workspace: workspace.path,
    workingDir: workingDir.path,
    image: envelope.image ?? policy.images.default,
    shell: envelope.shell ?? 'bash',
    mode: intent.mode,
    expectedWrites: intent.expected_writes ?? [],
    forbiddenPaths: [
      ...(intent.forbidden_paths ?? []),
      ...forbiddenIn(policy.forbidden_paths, workspace.path),
    ],
    network: hostsOf(intent),
    credentials: intent.credentials ?? [],
    expectedExit: intent.expected_exit ?? [0],
    env: envelope.env ?? {},
    limits: settleLimits(envelope.limits ?? {}, policy.limits),
    promotion: envelope.promotion ?? 'auto',
  };
}

function hostsOf({ network }: Intent): readonly string[] {
  return network === undefined || network === 'none' ? [] : network;
}

function credentialNames({ credentials }: Intent, policy: Policy): ReadonlySet<string> {
  return new Set([...Object.keys(policy.credentials), ...(credentials ?? [])]);
}

function imageProblems({ image }: Envelope, { images }: Policy): readonly Problem[] {
  if (image === undefined || images.allowed.includes(image)) return [];
  return [
    {
      field: 'image',
      message: 'is not an image that policy allows',
      mend: `use one of: ${images.allowed.join(', ')}`,
    },
  ];
}

function intentPatternProblems(envelope: Envelope, { workspace }: Located): readonly Problem[] {
  const written = workspacePath(envelope);
  const paths = [written, workspace?.path].flatMap((path) => (path === undefined ? [] : [path]));
  const { expected_writes, forbidden_paths } = envelope.intent;
  return [
    ...patternProblems(expected_writes ?? [], 'intent.expected_writes', paths),
    ...patternProblems(forbidden_paths ?? [], 'intent.forbidden_paths', paths),
    ...unwatchedProblems(forbidden_paths ?? [], 'intent.forbidden_paths'),
  ];
}

function networkProblems(intent: Intent, { network }: Policy): readonly Problem[] {
  return hostsOf(intent).flatMap((asked, index): Problem[] => {
    if (network.declarable.some((allowed) => coversHost(allowed, asked))) return [];
    return [
      {
        field: `intent.network.${index}`,
        message: `${asked} is not a host that policy lets an intent name`,
        mend:
          network.declarable.length === 0
            ? 'write network: none; policy allows no host'
            : `stay within: ${network.declarable.join(', ')}`,
      },
    ];
  });
}

function credentialProblems({ credentials = [] }: Intent, policy: Policy): readonly Problem[] {
  return credentials.flatMap((name, index): Problem[] => {
    if (Object.hasOwn(policy.credentials, name)) return [];
    const known = Object.keys(policy.credentials);
    return [
      {
        field: `intent.credentials.${index}`,
        message: `${name} is not a credential that policy has`,
        mend: known.length === 0 ? 'remove it; policy has none' : `use one of: ${known.join(', ')}`,
      },
    ];
  });
}
