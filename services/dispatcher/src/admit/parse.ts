import { parseDocumentAs } from '@drylane/proto/document';
import { Envelope } from '@drylane/proto/envelope';

/**
 * Reads an envelope from YAML or JSON.
 * @throws DrylaneError 'bad-input' with every problem, each with its place in the text and the mend.
 */
export function parseEnvelope(source: Uint8Array, name: string): Envelope {
  return parseDocumentAs(Envelope, source, { name, code: 'bad-input' });
}
