import type { KnownSecret } from '@drylane/chassis/redact/known';
import { SHORTEST_KNOWN } from '@drylane/chassis/redact/known';
import { VariableName } from '@drylane/proto/envelope';
import { DrylaneError, type Problem } from '@drylane/proto/errors';
import { openingsOf } from '../gate/allow.ts';
import { type Resolve, systemResolve } from '../gate/dial.ts';
import { noPlaces } from '../gate/places.ts';
import type { RehearsalRequest } from '../rehearse/rehearse.ts';
import { type OutputHandling, type Rehearsed, rehearse } from '../rehearse/run.ts';
import type { LiveTerms, Sandbox } from '../sandbox/sandbox.ts';

/** A live run as it was approved: what was rehearsed, with the real credentials and a way to the declared hosts. */
export interface RerunRequest extends Omit<RehearsalRequest, 'canaries' | 'live'> {
  /** The real value of each credential that intent names and policy grants. */
  readonly credentials: readonly KnownSecret[];
  /** Called once, right before the command can start: whatever is thrown before, nothing has run. */
  readonly begin: LiveTerms['begin'];
  /** How names are looked up; left out: as this machine does. */
  readonly resolve?: Resolve;
}

/**
 * Runs a command for real, with the network and the credentials that a rehearsal keeps from it, and nothing else: the same
 * container, watched in the same way, over a view of the workspace. What it changed there is a change set like a
 * rehearsal's, and lands by `apply` when the evidence does not diverge. The handling's redactor has to know every credential.
 * @throws DrylaneError before `begin` was called: nothing has run. After it: nobody can say what has.
 */
export async function rerun(
  sandbox: Sandbox,
  { credentials, begin, resolve = systemResolve, ...request }: RerunRequest,
  handling: OutputHandling,
): Promise<Rehearsed> {
  const problems = credentials.flatMap((credential) => credentialProblems(credential, handling));
  if (problems.length > 0) throw new DrylaneError('not-promotable', problems);
  // Said before a container is made: nothing of it can be given.
  openingsOf(request.network);
  const live: LiveTerms = { network: request.network, places: noPlaces(), resolve, begin };
  return rehearse(sandbox, { ...request, canaries: credentials, live }, handling);
}

// The kernel takes no longer string of the environment (MAX_ARG_STRLEN), its name and two more bytes included.
const LONGEST_VARIABLE = 131_072;

/** Why a credential cannot be given, or not without its value being seen. */
function credentialProblems({ name, value }: KnownSecret, { redactor }: OutputHandling): readonly Problem[] {
  const problem = (message: string, mend: string): Problem => ({
    field: `credentials.${name}`,
    message,
    mend,
  });
  const bytes = Buffer.byteLength(value);
  if (!VariableName.safeParse(name).success)
    return [problem('is no name of a variable', 'name it otherwise in the policy')];
  if (value.includes('\0')) return [problem('holds a NUL byte', 'encode it, and let the command decode it')];
  if (Buffer.byteLength(name) + bytes + 2 > LONGEST_VARIABLE)
    return [problem('is too long for a variable', 'let the command fetch it by a shorter one')];
  if (bytes < SHORTEST_KNOWN)
    return [
      problem(
        `is shorter than ${SHORTEST_KNOWN} bytes, and could not be kept out of what is recorded`,
        'use a longer one',
      ),
    ];
  if (redactor.text(value).text.includes(value))
    return [problem('is not known to the redactor', 'this is a fault of drylane: please report it')];
  return [];
}
