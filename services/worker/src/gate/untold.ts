import type { NetworkAttempt } from '@drylane/proto/evidence';
import { namesHost } from '@drylane/proto/hosts';
import type { Reached } from './tally.ts';

type Tried = Pick<NetworkAttempt, 'protocol' | 'host' | 'address' | 'port'>;

/**
 * What the gate saw and the trace did not tell, as attempts by nobody in particular: evidence names every host that was
 * reached, whatever hid the call. And each address to which a name led and that was not meant by it, as an attempt to
 * reach that address.
 */
export function untoldBy(
  told: readonly Tried[],
  reached: readonly Reached[],
  declared: readonly string[],
): readonly NetworkAttempt[] {
  const known = new Set(told.map(keyOf));
  const untold = reached.flatMap(({ host, address, port, to, outcome }) => [
    { protocol: 'tcp' as const, host, address, port },
    ...(outcome === 'forbidden' ? [{ protocol: 'tcp' as const, host: null, address: to, port }] : []),
  ]);
  const fresh = new Map(untold.map((tried) => [keyOf(tried), tried]));
  return [...fresh]
    .filter(([key]) => !known.has(key))
    .map(([, tried]) => ({
      ...{ step: null, program: '', ...tried },
      declared: declared.some((pattern) => namesHost(pattern, tried)),
    }));
}

const keyOf = ({ protocol, host, address, port }: Tried): string =>
  JSON.stringify([protocol, host, host === null ? address : null, port]);
