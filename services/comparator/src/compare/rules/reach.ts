import { NETWORK_UNOBSERVED, type NetworkAttempt } from '@drylane/proto/evidence';
import { namesHost } from '../hosts.ts';
import { listed, oneStep } from '../say.ts';
import type { Facts, Hit } from './rule.ts';

/** An attempt to reach a host that intent does not name. */
export function undeclaredNetwork(facts: Facts): Hit | undefined {
  const tried = facts.evidence.network.filter((attempt) => !isDeclared(facts, attempt));
  if (tried.length === 0) return undefined;
  const { network } = facts.allowance;
  const named = network.length === 0 ? 'intent declared no network' : `intent only named ${listed(network)}`;
  return { message: `tried to reach ${listed(tried.map(target))} but ${named}`, step: oneStep(tried) };
}

/** A mocked credential's value was seen anywhere at all. */
export function canaryLeak({ evidence }: Facts): Hit | undefined {
  const seen = evidence.canaries;
  if (seen.length === 0) return undefined;
  const where = seen.map((leak) =>
    leak.path === null ? `${leak.credential} in ${leak.where}` : `${leak.credential} in ${leak.path}`,
  );
  return {
    message: `the value of a credential leaked: ${listed(where)}`,
    paths: [...new Set(seen.flatMap(({ path }) => (path === null ? [] : [path])))],
    step: oneStep(seen),
  };
}

/**
 * What the command has in real life was taken from it here, so live will differ. Reading a variable leaves no
 * evidence, so a credential that the command was given counts as used.
 */
export function strippedCapability(facts: Facts): Hit | undefined {
  const tried = facts.evidence.network.filter((attempt) => isDeclared(facts, attempt));
  const credentials = strippedCredentials(facts);
  const hosts = [...tried.map(target), ...unwatchedHosts(facts)];
  const parts = [
    ...(hosts.length > 0 ? [`${listed(hosts)} could not be reached`] : []),
    ...(credentials.length > 0 ? [`${listed(credentials)} was not the real credential`] : []),
  ];
  if (parts.length === 0) return undefined;
  return {
    message: `${parts.join(' and ')} in the rehearsal: live will differ`,
    step: credentials.length > 0 || tried.length < hosts.length ? null : oneStep(tried),
  };
}

/** It failed, and it had reached for something that the sandbox takes away. Told from records, not from output. */
export function sandboxCausedFailure(facts: Facts): Hit | undefined {
  const { evidence, allowance } = facts;
  if (evidence.exit_code !== null && allowance.expectedExit.includes(evidence.exit_code)) return undefined;
  const missed = [
    ...evidence.network.map(target),
    ...unwatchedHosts(facts),
    ...strippedCredentials(facts).map((name) => `the real ${name}`),
  ];
  if (missed.length === 0) return undefined;
  return { message: `it failed, perhaps only because the sandbox kept it from ${listed(missed)}` };
}

/** The hosts that intent names, where nobody could see whether they were tried: then they count as tried. */
function unwatchedHosts({ allowance, evidence }: Facts): readonly string[] {
  return evidence.fidelity.unobserved.includes(NETWORK_UNOBSERVED) ? allowance.network : [];
}

/** Both sides must say so: evidence when it was recorded, and the patterns now. Patterns cannot name a unix socket. */
function isDeclared({ allowance }: Facts, attempt: NetworkAttempt): boolean {
  if (!attempt.declared) return false;
  return attempt.protocol === 'unix' || allowance.network.some((pattern) => namesHost(pattern, attempt));
}

function strippedCredentials({ allowance, evidence }: Facts): readonly string[] {
  return [...new Set([...allowance.credentials, ...evidence.fidelity.mocked_credentials])];
}

function target({ host, address, port, protocol, program }: NetworkAttempt): string {
  const named = host ?? address ?? 'an unknown host';
  const at = port === null || protocol === 'dns' ? named : `${named}:${port}`;
  return program === '' ? at : `${at} (${program})`;
}
