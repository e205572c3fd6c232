import { DrylaneError, type Problem } from '@drylane/proto/errors';
import { Encrypter } from 'age-encryption';
import { type EndsKeeper, keepEnds } from './ends.ts';
import { type ArchiveFile, archive } from './sealed-archive.ts';

const STREAMS = ['stdout', 'stderr'] as const;
type Stream = (typeof STREAMS)[number];

/** The raw output of one rehearsal on its way into a seal. */
export interface Seal {
  /** Takes what the command wrote, unscrubbed; the chunk may be used again afterwards. */
  push(stream: Stream, chunk: Uint8Array): void;
  /** The sealed bytes, which are all that may leave memory. Nothing may be pushed after it. */
  end(): Promise<Uint8Array>;
}

/**
 * Gathers raw output in memory and seals it to age recipients (age-encryption.org/v1). In the seal is a tar:
 * `about.json` says how many bytes each stream had and how many were kept; `stdout` and `stderr` hold them. Of a
 * stream longer than `limitBytes` the halves at its ends are kept, as `stdout.first` and `stdout.last`.
 * @throws DrylaneError `bad-policy` for a recipient that is none.
 */
export function openSeal(recipients: readonly string[], limitBytes: number): Seal {
  const encrypter = encrypterFor(recipients);
  const gather = () => ({ bytes: 0, kept: keepEnds(limitBytes) });
  const streams = { stdout: gather(), stderr: gather() };
  return {
    push(stream, chunk) {
      streams[stream].bytes += chunk.length;
      streams[stream].kept.push(chunk);
    },
    end: async () => encrypter.encrypt(archive(contents(streams))),
  };
}

interface Gathered {
  readonly bytes: number;
  readonly kept: EndsKeeper;
}

function contents(streams: Readonly<Record<Stream, Gathered>>): ArchiveFile[] {
  const parts = STREAMS.map((name) => ({ name, bytes: streams[name].bytes, ...streams[name].kept.ends() }));
  const about = parts.map((part) => [part.name, { bytes: part.bytes, kept: part.bytes - part.leftOut }]);
  const files = parts.flatMap(({ name, first, last, leftOut }): ArchiveFile[] =>
    leftOut === 0
      ? [{ name, bytes: Buffer.concat([first, last]) }]
      : [
          { name: `${name}.first`, bytes: first },
          { name: `${name}.last`, bytes: last },
        ],
  );
  const json = `${JSON.stringify(Object.fromEntries(about), null, 2)}\n`;
  return [{ name: 'about.json', bytes: Buffer.from(json) }, ...files];
}

/**
 * What is wrong with the recipients that a policy names, by their place in it. Each is sealed to once: that a key
 * can be read does not mean that anything can be encrypted with it.
 */
export async function recipientProblems(recipients: readonly string[]): Promise<Problem[]> {
  const found = await Promise.all(
    recipients.map(async (recipient, index) => {
      try {
        const encrypter = new Encrypter();
        encrypter.addRecipient(recipient);
        await encrypter.encrypt(new Uint8Array());
        return [];
      } catch {
        return [notARecipient(index)];
      }
    }),
  );
  return found.flat();
}

function encrypterFor(recipients: readonly string[]): Encrypter {
  if (recipients.length === 0)
    throw new DrylaneError('bad-policy', {
      field: SEAL_TO,
      message: 'names nobody who could open the seal',
      mend: 'name an age recipient, or leave evidence.raw_output out',
    });
  const encrypter = new Encrypter();
  for (const [index, recipient] of recipients.entries()) {
    try {
      encrypter.addRecipient(recipient);
    } catch (cause) {
      throw new DrylaneError('bad-policy', notARecipient(index), { cause });
    }
  }
  return encrypter;
}

const SEAL_TO = 'evidence.raw_output.seal_to';

// The value is not repeated: who pastes a wrong key may have pasted the secret one.
const notARecipient = (index: number): Problem => ({
  field: `${SEAL_TO}.${index}`,
  message: 'is not an age recipient: it is damaged, or nothing can be sealed to it',
  mend: 'paste the whole public key that age-keygen printed',
});
