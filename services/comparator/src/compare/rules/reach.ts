import type { Evidence, NetworkAttempt } from '@drylane/proto/evidence';
import { namesHost } from '@drylane/proto/hosts';
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
    message: `leaked the value of a credential: ${listed(where)}`,
    paths: [...new Set(seen.flatMap(({ path }) => (path === null ? [] : [path])))],
    step: oneStep(seen),
  };
}

/**
 * What the command has in real life was taken from it here, or is not in the image, so live will differ. Reading a variable leaves no
 * evidence, so a credential that the command was given counts as used.
 */
export function strippedCapability(facts: Facts): Hit | undefined {
  const tried = facts.evidence.network.filter((attempt) => isDeclared(facts, attempt));
  const credentials = strippedCredentials(facts);
  const hosts = tried.map(target);
  const missing = notFound(facts.evidence);
  const parts = [
    ...(hosts.length > 0 ? [`${listed(hosts)} could not be reached`] : []),
    ...(credentials.length > 0 ? [`${listed(credentials)} was not the real credential`] : []),
    ...(missing.length > 0 ? ['a program was not found'] : []),
  ];
  if (parts.length === 0) return undefined;
  return {
    message: `${parts.join(' and ')} in the rehearsal: live will differ`,
    step: credentials.length > 0 ? null : oneStep([...tried, ...missing]),
  };
}

/** What a shell means by 127 (POSIX, 2.8.2): the image has no such program; the live machine may. */
const NOT_FOUND = 127;

/** The steps in which a program was not found. */
function notFound({ processes, steps }: Evidence): readonly { readonly step: number | null }[] {
  return [
    ...processes.filter(({ exit_code }) => exit_code === NOT_FOUND),
    ...steps
      .filter(({ exit_code, pipe_status }) => exit_code === NOT_FOUND || pipe_status.includes(NOT_FOUND))
      .map(({ index }) => ({ step: index })),
  ];
}

/**
 * It failed, and what the sandbox takes away explains that: a program reached for the network and ended in failure, or
 * the step that failed uses a credential that was not the real one. Told from records, never from output.
 */
export function sandboxCausedFailure(facts: Facts): Hit | undefined {
  const { evidence, allowance } = facts;
  if (evidence.exit_code !== null && allowance.expectedExit.includes(evidence.exit_code)) return undefined;
  const failed = evidence.network.filter((attempt) => hasFailed(evidence, attempt));
  const credentials = strippedCredentials(facts).filter((name) => failsWith(evidence, name));
  const missed = [...failed.map(target), ...credentials.map((name) => `the real ${name}`)];
  if (missed.length === 0) return undefined;
  return {
    message: `failed, perhaps only because the sandbox kept it from ${listed(missed)}`,
    step: credentials.length > 0 ? null : oneStep(failed),
  };
}

/** Whether the program that tried ended otherwise than well; where its end is not known, its step tells. */
function hasFailed({ processes, steps }: Evidence, { step, program }: NetworkAttempt): boolean {
  const ran = processes.filter((p) => p.step === step && p.argv[0]?.split('/').at(-1) === program);
  if (ran.length > 0) return ran.some((p) => p.signal !== null || p.exit_code !== 0);
  return step === null || steps.some(({ index, exit_code }) => index === step && exit_code !== 0);
}

/** Whether a step failed whose text has the variable in it. */
function failsWith({ steps }: Evidence, credential: string): boolean {
  const used = new RegExp(`\\$\\{?${credential}\\b`);
  return steps.some(({ ran, exit_code, text }) => ran && exit_code !== 0 && used.test(text));
}

/** Both sides must say so: evidence when it was recorded, and the patterns now. */
function isDeclared({ allowance }: Facts, attempt: NetworkAttempt): boolean {
  if (!attempt.declared) return false;
  return allowance.network.some((pattern) => namesHost(pattern, attempt));
}

function strippedCredentials({ allowance, evidence }: Facts): readonly string[] {
  return [...new Set([...allowance.credentials, ...evidence.fidelity.mocked_credentials])];
}

function target({ host, address, port, protocol, program }: NetworkAttempt): string {
  const named = host ?? address ?? 'an unknown host';
  const at = port === null || protocol === 'dns' ? named : `${named}:${port}`;
  return program === '' ? at : `${at} (${program})`;
}
