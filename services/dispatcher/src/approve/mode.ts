import type { PromotionMode } from '@drylane/proto/approval';
import type { Envelope } from '@drylane/proto/envelope';
import type { Evidence } from '@drylane/proto/evidence';

/**
 * How a run would land; null where its envelope says that it must not. Left to drylane, what was rehearsed is applied,
 * unless the sandbox took away what the command is about: then only running it again does what it is for.
 */
export function modeOf(
  promotion: NonNullable<Envelope['promotion']>,
  evidence: Pick<Evidence, 'network' | 'fidelity'>,
): PromotionMode | null {
  switch (promotion) {
    case 'none':
      return null;
    case 'apply':
    case 'rerun':
      return promotion;
    case 'auto':
      return wasStripped(evidence) ? 'rerun' : 'apply';
  }
}

// Reading a variable leaves no evidence, so a credential that the command was given counts as used.
function wasStripped({ network, fidelity }: Pick<Evidence, 'network' | 'fidelity'>): boolean {
  return network.some(({ declared }) => declared) || fidelity.mocked_credentials.length > 0;
}
