/** Which bytes an encoding may write in more than one way: the case of hexadecimal, base64's two alphabets. */
export type Folding = 'exact' | 'case' | 'base64';

/** One way in which a program may write bytes, so that they are still found. */
export interface Encoding {
  readonly folding: Folding;
  /** How many bytes of it show that a value is there. */
  readonly length: number;
  /** How far apart such pieces begin, so that one of them stands in any part that tools leave together. */
  readonly stride: number;
  /** Whether it writes the last byte first. */
  readonly reversed?: true;
  /** Each text that the bytes may become, depending on what surrounds them. */
  readonly encode: (plain: Buffer) => readonly string[];
}

/**
 * Byte-wise encodings that ordinary tools have. The pieces are such that any 32 bytes of a value that stand together
 * hold one; those of dumps, that the 16 bytes of a line of `xxd` do, and the 8 of a group of `hexdump -C`.
 */
export const ENCODINGS: readonly Encoding[] = [
  { folding: 'exact', length: 16, stride: 16, encode: (plain) => [latin1(plain)] },
  { folding: 'exact', length: 16, stride: 16, encode: inJson },
  { folding: 'exact', length: 16, stride: 16, encode: percentEncoded },
  { folding: 'base64', length: 16, stride: 24, encode: inBase64 },
  { folding: 'case', length: 16, stride: 24, encode: inBase32 },
  { folding: 'case', length: 16, stride: 32, encode: (plain) => [plain.toString('hex')] },
  { folding: 'case', length: 24, stride: 48, encode: (plain) => [bytewise(plain, '%')] },
  { folding: 'case', length: 32, stride: 64, encode: (plain) => [bytewise(plain, '\\x')] },
  { folding: 'case', length: 17, stride: 9, encode: (plain) => [bytewise(plain, ' ').slice(1)] },
  { folding: 'case', length: 19, stride: 20, encode: inPairs },
  { folding: 'exact', length: 16, stride: 16, reversed: true, encode: (plain) => [latin1(plain)] },
  { folding: 'base64', length: 16, stride: 24, reversed: true, encode: inBase64 },
];

/** What each byte is taken for, so that the ways to write it compare as equal. */
export function foldTable(folding: Folding): Uint8Array {
  const table = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  if (folding === 'case') for (let upper = 0x41; upper <= 0x5a; upper++) table[upper] = upper + 32;
  if (folding === 'base64') {
    table[0x2d] = 0x2b;
    table[0x5f] = 0x2f;
  }
  return table;
}

function latin1(bytes: Buffer): string {
  return bytes.toString('latin1');
}

/** The bytes in the order in which an encoding writes them. */
export function inOrder({ reversed }: Encoding, plain: Buffer): Buffer {
  return reversed ? Buffer.from(plain).reverse() : plain;
}

/** As in a JSON string; some writers escape the slash. */
function inJson(plain: Buffer): readonly string[] {
  const quoted = latin1(Buffer.from(JSON.stringify(plain.toString('utf8')).slice(1, -1), 'utf8'));
  return [quoted, quoted.replaceAll('/', '\\/')];
}

/** As in an address: writers differ in the case of the digits and in which marks they leave. */
function percentEncoded(plain: Buffer): readonly string[] {
  const usual = encodeURIComponent(plain.toString('utf8'));
  const strict = usual.replace(/[!'()*~]/g, (mark) => bytewise(Buffer.from(mark), '%').toUpperCase());
  return [usual, strict, usual.replaceAll('%2F', '/')].flatMap((text) => [
    text,
    text.replace(/%../g, (code) => code.toLowerCase()),
  ]);
}

/** What of the bytes' base64 is the same whatever stands before and after, for each of the three alignments. */
function inBase64(plain: Buffer): readonly string[] {
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), plain])
      .toString('base64')
      .replace(/=+$/, '');
    const partial = (shift + plain.length) % 3 === 0 ? 0 : 1;
    return encoded.slice([0, 2, 3][shift], encoded.length - partial);
  });
}

function bytewise(plain: Buffer, before: string): string {
  return Array.from(plain, (byte) => before + byte.toString(16).padStart(2, '0')).join('');
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The same in base32 (RFC 4648), which has five alignments. */
function inBase32(plain: Buffer): readonly string[] {
  return [0, 1, 2, 3, 4].map((shift) => {
    const text = base32(Buffer.concat([Buffer.alloc(shift), plain]));
    return text.slice(Math.ceil((shift * 8) / 5), Math.floor(((shift + plain.length) * 8) / 5));
  });
}

function base32(bytes: Buffer): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32[(held >> (bits - 5)) & 31];
  }
  return text;
}

/** In hexadecimal, two bytes to a word, in either order, beginning at an even or an odd byte: `xxd`, `od -x`. */
function inPairs(plain: Buffer): readonly string[] {
  const swapped = (bytes: Buffer): string =>
    bytes
      .subarray(0, bytes.length & ~1)
      .swap16()
      .toString('hex');
  const pairs = (digits: string): string => digits.replace(/(.{4})(?=.)/g, '$1 ');
  const odd = Buffer.from(plain.subarray(1));
  return [
    pairs(plain.toString('hex')),
    `${plain.toString('hex', 0, 1)} ${pairs(odd.toString('hex'))}`,
    pairs(swapped(Buffer.from(plain))),
    pairs(swapped(odd)),
  ];
}
