/** A value that this process knows to be secret, such as a credential or a canary, and what it is called. */
export interface KnownSecret {
  readonly name: string;
  readonly value: string;
  /** How many of its first bytes anybody may know, such as the 4 of `ghp_`; 0 if left out. */
  readonly publicPrefix?: number;
}

/** Shorter values are left alone: they would be found everywhere and tell where the secret is. */
export const SHORTEST_KNOWN = 6;

/** Of values at least so long, parts are looked for as well. */
const SHORTEST_DIVIDED = 24;

// Of longer ones only the beginning is divided, or what is looked for would take more room than what is looked at.
const LONGEST_DIVIDED = 4096;

// A part of a value that ordinary text may well hold tells nothing: common beginnings of keys, and their armour.
// The text is looked at without white space. OpenSSH writes the public key, 43 characters, before the private one.
const PUBLIC_TEXT = new RegExp(
  [
    '-----(?:BEGIN|END)[A-Z0-9]{1,40}-----',
    'MC4CAQAwBQYDK2VwBCIEI',
    'MII[A-Za-z0-9+/]{5,56}?(?:AoI[BCD]AQ|AKCA[QgY]EA)',
    'AgMBAAECgg[EI]|IDAQABAoI[BC]|CAwEAAQKCA',
    'b3BlbnNzaC1rZXktdjE[A-Za-z0-9+/]{0,80}?ZWQyNTUxOQAAACA[A-Za-z0-9+/]{43}',
    'b3BlbnNzaC1rZXktdjE[A-Za-z0-9+/]{0,100}?c2gtcnNhAAAAAwEAAQAAA',
    'eyJhbGciOiJ[A-Za-z0-9_-]{2,100}\\.',
  ].join('|'),
  'g',
);

/**
 * The parts of a value that only who knows it can know: without its public prefix and well-known texts. A part
 * with white space in it comes without as well, for what is wrapped may be unwrapped.
 */
export function secretParts({ value, publicPrefix }: KnownSecret): readonly Buffer[] {
  const plain = Buffer.from(value, 'utf8');
  if (plain.length < SHORTEST_DIVIDED) return [];
  const text = plain.toString('latin1');
  const shown = [...text.matchAll(/\S/g)].map((match) => match.index);
  const secret = new Uint8Array(plain.length).fill(1).fill(0, 0, publicPrefix ?? 0);
  for (const match of shown
    .map((at) => text[at])
    .join('')
    .matchAll(PUBLIC_TEXT)) {
    const last = shown[match.index + match[0].length - 1] ?? plain.length;
    secret.fill(0, shown[match.index], last + 1);
  }
  const parts = new Set<string>();
  for (const { index, 0: run } of Buffer.from(secret).toString('latin1').matchAll(/\x01+/g)) {
    const part = text.slice(index, index + Math.min(run.length, LONGEST_DIVIDED)).trim();
    parts.add(part).add(part.replace(/\s+/g, ''));
  }
  parts.delete('');
  return [...parts].map((part) => Buffer.from(part, 'latin1'));
}

/** `GITHUB_TOKEN` is the kind `github-token`. */
export function kindOf(name: string): string {
  const kind = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return kind === '' ? 'known-secret' : kind;
}
