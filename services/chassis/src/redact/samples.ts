const ALPHABETS: Readonly<Record<string, string>> = {
  alnum: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  b64: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  lower: 'abcdefghijklmnopqrstuvwxyz0123456789',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  letters: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  hex: '0123456789abcdef',
  digits: '0123456789',
  base32: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
  bech32: 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L',
  fill: 'x',
};

/**
 * Writes out a rule's example: `<alnum:36>` becomes 36 characters with a secret's entropy, `<uuid>` a UUID.
 * The rules hold templates, so that nothing in this repository looks like a secret to a scanner.
 */
export function expandSample(template: string, seed = 1): string {
  let state = seed * 2_654_435_761 + 97;
  const draw = (alphabet: string, length: number): string => {
    let text = '';
    while (text.length < length) {
      // Marsaglia's xorshift: the same sample every time.
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      text += alphabet[(state >>> 3) % alphabet.length];
    }
    return text;
  };
  return template.replace(/<(?:(\w+):(\d+)|uuid)>/g, (_, name?: string, length?: string) =>
    name === undefined
      ? [8, 4, 4, 4, 12].map((n) => draw(ALPHABETS.hex ?? '', n)).join('-')
      : withDigit(draw(ALPHABETS[name] ?? '', Number(length)), name),
  );
}

/** Short samples may lack a digit by chance, which would make them words. */
function withDigit(text: string, name: string): string {
  return /^(?:letters|fill)$/.test(name) || text.length < 4 ? text : `${text.slice(0, 2)}7${text.slice(3)}`;
}
