/** Shannon entropy of bytes, held one to a character, in bits a character. */
export function entropy(text: string): number {
  const counts = new Uint16Array(256);
  const length = Math.min(text.length, ENOUGH);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i) & 255;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i) & 255;
    const count = counts[code] ?? 0;
    if (count > 1) sum += count * Math.log2(count);
    counts[code] = 0;
  }
  return length === 0 ? 0 : Math.log2(length) - sum / length;
}

// A secret shows what it is in so many characters; a longer one is judged by its beginning.
const ENOUGH = 256;

const FILLERS = 'xX*0._#-=';

/** Whether a text stands for a secret that the reader is to fill in: `xxxx…`, `****`, `0000…`, `abc...`. */
export function isPlaceholder(text: string): boolean {
  for (const filler of FILLERS) {
    let count = 0;
    for (let at = text.indexOf(filler); at >= 0; at = text.indexOf(filler, at + 1)) count += 1;
    if (count > text.length / 2) return true;
  }
  return text.endsWith('...') || text.startsWith('[redacted:');
}

const REFERENCE =
  /^(?:\$|`|%[({A-Za-z]|\{|<|\[|@|&|!?#\{|var\.|local\.|data\.|self\.|this\.|args?\.|env\.|process\.env|os\.|config\.|settings\.|secrets\.|ENC\[|encrypted:|vault:|op:\/\/|\*)/i;
const STAND_IN =
  /example|placeholder|change[-_]?(?:me|this|it)|replace[-_]?(?:me|this|with|your)|(?:^|[-_])your[-_]|^your|dummy|sample|redacted|insert[-_]|to-?do|fixme|fill[-_]?in|abcdefghijkl|not[-_]?(?:a[-_]?)?(?:real|secret)|^(?:my|the|a|an|some|user|test|db|new|old|fake|app)?[-_]?(?:pass(?:word|wd|phrase)?|pwd|secret|token|key|api[-_]?key|credentials?)$/i;
const CONSTANT =
  /^(?:null|nil|none|true|false|undefined|yes|no|on|off|required|optional|string|str|int|number|bool(?:ean)?|bytes|object|prompt|stdin|empty|hidden|masked|unset|missing|invalid|incorrect|unknown|disabled|enabled|default|basic|bearer|n\/a)$/i;

/** Whether a value names a secret that is elsewhere, or stands in for one: `$TOKEN`, `var.x`, `changeme`, `null`. */
export function isStandIn(value: string): boolean {
  return isPlaceholder(value) || REFERENCE.test(value) || STAND_IN.test(value) || CONSTANT.test(value);
}

/** Whether a value is a path or an address; those are told by their own rules if they hold a secret. */
export function isLocation(value: string): boolean {
  return /^(?:\.{0,2}\/|~|[A-Za-z]:[\\/]|[a-z][a-z0-9+.-]{1,15}:\/\/|arn:|file:)/.test(value);
}

/** Whether a value is made of words and short numbers, as names, versions and dates are: `my-app-tls-2023`. */
export function isWordy(value: string): boolean {
  let start = 0;
  for (let at = 0; at <= value.length; at++) {
    if (at < value.length && !SEPARATORS.includes(value.charAt(at))) continue;
    if (at - start > 3 && !isWord(value.slice(start, at))) return false;
    start = at + 1;
  }
  return true;
}

const SEPARATORS = '-_./:@+=,%~';

function isWord(part: string): boolean {
  return /^(?:[A-Z]?[a-z]+|[A-Z]+|[0-9]{1,12})$/.test(part) || isCamel(part);
}

/** Whether a value shows the hand that typed it: twelve digits counted up, hexadecimal in both cases, base64 of prose. */
export function isTyped(value: string): boolean {
  const counted = /(?:0?123456789){1,9}0?(?:1234?5?6?7?8?9?)?/.exec(value)?.[0] ?? '';
  if (counted.length >= 12) return true;
  if (/^[0-9a-fA-F]{32,}$/.test(value) && /[a-f]/.test(value) && /[A-F]/.test(value)) return true;
  return /^[A-Za-z0-9+/]{16,}={0,2}$/.test(value) && isProse(Buffer.from(value, 'base64').toString('latin1'));
}

function isProse(text: string): boolean {
  return /^[A-Za-z]{2,}(?:[ ,.'\n-]{1,2}[A-Za-z]+)+[.\n]?$/.test(text);
}

function isCamel(part: string): boolean {
  return /^[A-Za-z][a-z]{2,}(?:[A-Z][a-z]{2,})*[0-9]{0,2}$/.test(part);
}

/** Whether a text is base64 of `user:password`, as in a Basic header. */
export function isBase64Pair(text: string): boolean {
  return /^[\x20-\x7e]*:[\x20-\x7e]*$/.test(Buffer.from(text, 'base64').toString('latin1'));
}
