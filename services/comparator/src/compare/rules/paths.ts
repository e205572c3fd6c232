import { compilePattern, matchesPattern } from '@drylane/proto/paths';
import { counted, deed, deletionsIn, listed, oneStep, shown, total } from '../say.ts';
import { reaches, type Touch } from '../touches.ts';
import type { Facts, Hit } from './rule.ts';

/** A forbidden path was touched, in the workspace or outside it. */
export function forbiddenPath({ touches }: Facts): Hit | undefined {
  const found = touches.filter((touch) => touch.class === 'forbidden');
  const patterns = found.flatMap(({ forbiddenBy }) => (forbiddenBy === null ? [] : [forbiddenBy]));
  const by = patterns.length > 0 ? ` (${listed(patterns)})` : '';
  return hit(
    found,
    (only) => `${deed(only)}, which is forbidden${by}`,
    (count) => `touched ${count} that are forbidden${by}`,
  );
}

/** A change of the workspace matches no expected write. */
export function surprisePath({ touches, allowance }: Facts): Hit | undefined {
  const found = touches.filter((touch) => touch.class === 'surprise' && !touch.outside);
  const allowed = listed(allowance.expectedWrites);
  return hit(
    found,
    (only) => `${deed(only)} but intent ${allowed === '' ? 'allowed no writes' : `only allowed ${allowed}`}`,
    (count) => `touched ${count} that intent did not allow (${allowed || 'no writes'})`,
  );
}

/** Anything in the workspace changed under `mode: read-only`, whatever its class. */
export function writeInReadOnly({ touches, allowance }: Facts): Hit | undefined {
  if (allowance.mode !== 'read-only') return undefined;
  return hit(
    touches.filter((touch) => !touch.outside),
    (only) => `${deed(only)} though intent said read-only`,
    (count) => `touched ${count} though intent said read-only`,
  );
}

/** The container's own files changed where no absolute pattern expects it. */
export function outsideWorkspace({ touches }: Facts): Hit | undefined {
  return hit(
    touches.filter((touch) => touch.class === 'surprise' && touch.outside),
    (only) => `${deed(only)}, outside the workspace`,
    (count) => `touched ${count} outside the workspace`,
  );
}

/** Something changed that no change set can say, or that never lands. */
export function unpromotable({ evidence }: Facts): Hit | undefined {
  const found = evidence.unpromotable;
  const [only] = found;
  if (only === undefined) return undefined;
  const paths = found.map(({ path }) => path);
  const reasons = listed(found.map(({ why }) => why));
  const told = new Set(paths);
  const changes = evidence.changes.filter(({ path }) => told.has(path));
  return {
    message:
      found.length === 1
        ? `${shown(only.path)} cannot be promoted: ${reasons}`
        : `${counted(found.length, 'path')} cannot be promoted (${reasons}): ${listed(paths)}`,
    paths,
    // What stands below a directory that is told as one change has no step of its own.
    step: changes.length === found.length ? oneStep(changes) : null,
  };
}

/** A declared pattern that no change answers to. */
export function expectedWriteMissing({ touches, allowance }: Facts): Hit | undefined {
  const missing = allowance.expectedWrites.filter((source) => {
    const pattern = compilePattern(source);
    return !touches.some((touch) =>
      touch.entries > 1 ? reaches(pattern, touch) : matchesPattern(pattern, touch.bytes, touch.outside),
    );
  });
  if (missing.length === 0) return undefined;
  return {
    message: `nothing is changed at the end in ${listed(missing)}, though intent expected it`,
    paths: missing,
  };
}

function hit(
  found: readonly Touch[],
  one: (only: Touch) => string,
  many: (count: string) => string,
): Hit | undefined {
  const [only] = found;
  if (only === undefined) return undefined;
  return {
    message:
      found.length === 1
        ? one(only)
        : many(counted(total(found), 'path')) + stillThere(found) + deletionsIn(found),
    paths: found.map((touch) => touch.path),
    step: oneStep(found),
  };
}

/** `: a, b`, the paths that were touched and not deleted, or nothing. */
function stillThere(touches: readonly Touch[]): string {
  const names = touches.filter(({ kind }) => kind !== 'deleted').map(({ path }) => path);
  return names.length === 0 ? '' : `: ${listed(names)}`;
}
