import type { FrameTerms } from '../frame.ts';

/** What is fixed about a container when it is made, as text: a slot serves the rehearsals that have the same. */
export function slotKey({ image, runtime, workspace, limits, user, ipv6, toolkit }: FrameTerms): string {
  const { memoryBytes, diskBytes, cpus, pids } = limits;
  return JSON.stringify([
    ...[image, runtime, workspace, toolkit, ipv6, user.uid, user.gid],
    ...[memoryBytes, diskBytes, cpus, pids],
  ]);
}
