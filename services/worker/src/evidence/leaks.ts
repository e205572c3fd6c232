import type { CanaryLeak } from '@drylane/proto/evidence';
import { decodePath } from '@drylane/proto/paths';
import type { StepLookup } from './attribution.ts';
import type { Spill } from './spill.ts';

/** Where credentials were seen outside of the trace. */
interface Sightings {
  readonly observed: { readonly spills: readonly Spill[] };
  readonly outside: { readonly spills: readonly Spill[] };
  readonly lookup: StepLookup;
  readonly stdout: { readonly credentials: readonly string[] };
  readonly stderr: { readonly credentials: readonly string[] };
  readonly settled: { readonly steps: readonly { readonly index: number; readonly ran: boolean }[] };
}

/** Every place where a credential's made-up value was seen and should not have been, each once. */
export function leaksOf(seen: Sightings, told: readonly CanaryLeak[]): CanaryLeak[] {
  const ran = seen.settled.steps.filter((step) => step.ran);
  // Output comes by itself, not step by step: only where one step ran it is known whose it is.
  const only = ran.length === 1 ? (ran[0]?.index ?? null) : null;
  const all: CanaryLeak[] = [
    ...(['stdout', 'stderr'] as const).flatMap((where) =>
      seen[where].credentials.map((credential) => ({ credential, where, path: null, step: only })),
    ),
    ...seen.observed.spills.map(({ credential, path }) => ({
      ...{ credential, where: 'change' as const, path },
      step: seen.lookup.stepOf(decodePath(path).toString('latin1')),
    })),
    ...seen.outside.spills.map(({ credential, path }) => ({
      ...{ credential, where: 'change' as const, path, step: null },
    })),
    ...told,
  ];
  return [...new Map(all.map((leak) => [JSON.stringify(leak), leak])).values()];
}
