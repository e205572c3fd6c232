import type { Socket } from 'node:net';

/** The two ends of one connection: the command's, and that of the host which it meant. */
export interface Ends {
  readonly inside: Socket;
  readonly outside: Socket;
}

/**
 * Carries bytes both ways until both sides have ended, one has broken off, or nothing came for `idleMs`. A side that
 * has no more to say may still listen; a slow reader slows its writer down.
 */
export function join({ inside, outside }: Ends, idleMs: number): void {
  const pairs = [
    [inside, outside],
    [outside, inside],
  ] as const;
  for (const [from, to] of pairs) {
    from.setNoDelay(true);
    from.on('error', () => to.resetAndDestroy());
    from.on('close', () => {
      // Both ended in order, or this one broke off: what the other still has to hear comes first.
      if (!to.destroyed && !to.writableEnded) to.resetAndDestroy();
    });
    from.pipe(to);
  }
  const idle = (): void => {
    for (const end of [inside, outside]) end.resetAndDestroy();
  };
  outside.setTimeout(idleMs, idle);
}
