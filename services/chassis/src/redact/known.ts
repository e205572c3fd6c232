/** A value that this process knows to be secret, such as a credential or a canary, and what it is called. */
export interface KnownSecret {
  readonly name: string;
  readonly value: string;
}

/** Shorter values are left alone: they would be found everywhere and tell where the secret is. */
export const SHORTEST_KNOWN = 6;

/** One byte sequence to look for. */
export interface KnownForm {
  readonly kind: string;
  readonly bytes: Buffer;
}

/**
 * The forms in which known values are looked for: as they are, as in a JSON string, percent-encoded, and in
 * base64, where the surrounding bytes decide which of three alignments it has.
 */
export function knownForms(known: readonly KnownSecret[]): readonly KnownForm[] {
  const forms = new Map<string, KnownForm>();
  for (const { name, value } of known) {
    if (value.length < SHORTEST_KNOWN) continue;
    for (const bytes of formsOf(value)) {
      const key = bytes.toString('latin1');
      if (bytes.length >= SHORTEST_KNOWN && !forms.has(key)) forms.set(key, { kind: kindOf(name), bytes });
    }
  }
  return [...forms.values()];
}

function formsOf(value: string): readonly Buffer[] {
  const plain = Buffer.from(value, 'utf8');
  const text = plain.toString('utf8');
  return [
    plain,
    Buffer.from(JSON.stringify(text).slice(1, -1), 'utf8'),
    Buffer.from(encodeURIComponent(text), 'latin1'),
    ...[0, 1, 2].flatMap((shift) => {
      const encoded = base64At(plain, shift);
      return [encoded, encoded.replaceAll('+', '-').replaceAll('/', '_')].map((s) =>
        Buffer.from(s, 'latin1'),
      );
    }),
  ];
}

/** What of a value's base64 is the same whatever stands before (so many bytes, modulo 3) and after it. */
function base64At(plain: Buffer, shift: number): string {
  const encoded = Buffer.concat([Buffer.alloc(shift), plain])
    .toString('base64')
    .replace(/=+$/, '');
  const partial = (shift + plain.length) % 3 === 0 ? 0 : 1;
  return encoded.slice([0, 2, 3][shift], encoded.length - partial);
}

/** `GITHUB_TOKEN` is the kind `github-token`. */
function kindOf(name: string): string {
  const kind = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return kind === '' ? 'known-secret' : kind;
}
