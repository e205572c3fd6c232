const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~';
const BASE = 85;
/** Bytes of a line in a binary patch. */
const LINE_BYTES = 52;

/** Bytes as git writes them in a binary patch: lines of base 85, each led by a letter for how many bytes it holds. */
export function base85Lines(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += LINE_BYTES) {
    const line = bytes.subarray(at, at + LINE_BYTES);
    lines.push(`${lengthLetter(line.length)}${base85(line)}\n`);
  }
  return lines.join('');
}

/** A to Z for 1 to 26, a to z for 27 to 52. */
const lengthLetter = (length: number): string =>
  String.fromCharCode(length <= 26 ? 64 + length : 96 + length - 26);

function base85(line: Uint8Array): string {
  let text = '';
  for (let at = 0; at < line.length; at += 4) {
    let word = 0;
    for (let index = 0; index < 4; index += 1) word = word * 256 + (line[at + index] ?? 0);
    let group = '';
    for (let index = 0; index < 5; index += 1) {
      group = ALPHABET.charAt(word % BASE) + group;
      word = Math.floor(word / BASE);
    }
    text += group;
  }
  return text;
}
