import { ENCODINGS, type Encoding, type Folding, foldTable, inOrder } from './encodings.ts';
import { type KnownSecret, kindOf, SHORTEST_KNOWN, secretParts } from './known.ts';

/** One text that a known value, or a part of it, may have become; its bytes are folded. */
export interface KnownForm {
  readonly name: string;
  readonly kind: string;
  readonly folding: Folding;
  readonly bytes: Buffer;
}

/** Bytes of a form that show that the form is there, or, for a part of a value, that some of it is. */
export interface Anchor {
  readonly form: KnownForm;
  /** Where in the form they stand. */
  readonly offset: number;
  readonly length: number;
  /** Whether what stands around them is to be followed, for they are a part only. */
  readonly partial: boolean;
}

/** An anchor to be found by its first bytes. */
export interface Word {
  readonly bytes: Buffer;
  readonly anchor: Anchor;
}

// An anchor is found by its first bytes, then compared: the automaton stays small whatever the values.
const WORD = 8;
// By fewer bytes of a value one cannot tell whether they are random.
const JUDGED = 16;

/**
 * What is to be looked for, so that every known value is found whole, and any 32 bytes together of the secret
 * parts of longer ones; in each of the encodings.
 */
export function knownWords(known: readonly KnownSecret[]): readonly Word[] {
  const words = new Map<string, Word>();
  for (const secret of known) {
    for (const anchor of [...wholes(secret), ...pieces(secret)]) {
      for (const bytes of writtenAs(anchor)) {
        const { form, offset, length } = anchor;
        const key = form.bytes.toString('latin1', offset, offset + length);
        const unique = [form.name, form.folding, length, bytes.toString('latin1'), key].join('\n');
        if (!words.has(unique)) words.set(unique, { bytes, anchor });
      }
    }
  }
  return [...words.values()];
}

// Shorter values may stand in any text whose white space is taken out, and of longer ones the pieces are enough.
const SPACED = { least: 12, most: 256 };

/** Of the words those that can be told where white space was put between their bytes. */
export function spacedWords(words: readonly Word[]): readonly Word[] {
  return words.filter(
    ({ anchor: { form, offset, length } }) =>
      length >= SPACED.least &&
      length <= SPACED.most &&
      !/\s/.test(form.bytes.toString('latin1', offset, offset + length)),
  );
}

function wholes(secret: KnownSecret): readonly Anchor[] {
  const plain = Buffer.from(secret.value, 'utf8');
  if (secret.value.length < SHORTEST_KNOWN) return [];
  return ENCODINGS.flatMap((encoding) => formsOf(secret, encoding, inOrder(encoding, plain)))
    .filter((form) => form.bytes.length >= SHORTEST_KNOWN)
    .map((form) => ({ form, offset: 0, length: form.bytes.length, partial: false }));
}

function pieces(secret: KnownSecret): readonly Anchor[] {
  return secretParts(secret).flatMap((part) =>
    ENCODINGS.flatMap((encoding) => {
      const ordered = inOrder(encoding, part);
      return formsOf(secret, encoding, ordered).flatMap((form) => divide(form, encoding, ordered));
    }),
  );
}

/** Pieces of a form at its encoding's stride, and its last, so that of a value cut in two one half is found. */
function divide(form: KnownForm, { length, stride }: Encoding, part: Buffer): readonly Anchor[] {
  const last = form.bytes.length - length;
  if (last < 0) return [];
  const unit = form.bytes.length / part.length;
  const offsets = Array.from({ length: Math.ceil(last / stride) }, (_, i) => i * stride);
  return [...offsets, last]
    .filter((offset) => !isCommon(part, Math.floor(offset / unit)))
    .map((offset) => ({ form, offset, length, partial: true }));
}

/** Whether a piece of a part may well stand in a text that has nothing to do with it: words, or few characters repeated. */
function isCommon(part: Buffer, offset: number): boolean {
  const from = Math.max(0, Math.min(offset, part.length - JUDGED));
  const piece = part.subarray(from, from + JUDGED);
  return new Set(piece).size < 5 || /^[a-z\s!-/:-@[-`{-~]*$/.test(piece.toString('latin1'));
}

function formsOf({ name }: KnownSecret, { folding, encode }: Encoding, plain: Buffer): readonly KnownForm[] {
  const table = foldTable(folding);
  return [...new Set(encode(plain))].map((text) => {
    const bytes = Buffer.from(text, 'latin1').map((byte) => table[byte] ?? byte);
    return { name, kind: kindOf(name), folding, bytes: Buffer.from(bytes) };
  });
}

/** An anchor's first bytes in each way that its folding allows; the case of letters does not matter to the search. */
function writtenAs({ form, offset, length }: Anchor): readonly Buffer[] {
  const text = form.bytes.toString('latin1', offset, offset + Math.min(length, WORD));
  const other = text.replaceAll('+', '-').replaceAll('/', '_');
  const texts = form.folding === 'base64' && other !== text ? [text, other] : [text];
  return texts.map((written) => Buffer.from(written, 'latin1'));
}
