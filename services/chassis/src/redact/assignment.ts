import { entropy, isLocation, isStandIn, isTyped, isWordy } from './plausible.ts';

const PASSWORD = /passw(?:or)?d|passphrase|(?:^|[-_.])(?:pass|pwd)$|[a-z]pwd$/;
const TOKEN = /token|secret|api[-_.]?key|cred|(?:^|[-_.])auth$|^auth$|sonar\.login/;
const KEY = /(?:^|[^a-z])key|[a-z]key/;
// A name whose last word is one of these says where, which or how long, not what.
const ABOUT =
  /^(?:name|file|path|dir|type|url|uri|host|endpoint|count|size|length|len|limit|ttl|expiry|expir(?:es|ation)|at|in|version|ref|arn|policy|rotation|store|manager|field|header|index|prefix|suffix|format|label|usage|status|provider|server|issuer|class|mode|algorithm|alg|hash|digest|fingerprint|checksum|sock|socket|helper|method|scheme|params?|pattern|regex|map|pair|space|spec|identifier|description|title|message|error|enabled|required|hint|prompt|encryption)$/;
const GLUED =
  /(?:key|token|secret|password|cred)(?:board|ring|store|word|frame|file|path|name|id|url|type|s?manager|i[sz]\w*|ary|pair|pad|down|up|press|hash|less|it\w*)$/;
// A key of these kinds opens nothing.
const OPEN_KEY =
  /(?:public|pub|primary|foreign|cache|partition|sort|idempotency|object|hot|row|lookup|group|unique|index|storage|routing|registry|lock|dedup\w*|cursor|page|map|dict|i18n|translation|message|string|json|hash|host|publishable|known|user|data|state|config|setting|node|item|job|queue|event|feature|flag|bucket|s3|sorted|short|tur|mon|don|joc|hoc|whis)[-_.]?key/;

// A name that starts so says itself that what it holds is not the real thing.
const DENIED = /^(?:non|fake|dummy|example|sample|placeholder|not_?a)(?:_|$)/;

/** Whether a variable's, field's or option's name says that what it holds is a password or a token, or neither. */
export function namesSecret(name: string): 'password' | 'token' | undefined {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[-_.]*[0-9]*$/, '');
  const last = words.split(/[-_.]/).at(-1) ?? '';
  if (ABOUT.test(last) || GLUED.test(words) || DENIED.test(words)) return undefined;
  if (PASSWORD.test(words)) return 'password';
  if (TOKEN.test(words)) return 'token';
  if (KEY.test(words) && !OPEN_KEY.test(words) && !/^keys?$|_id$/.test(words)) return 'token';
  return undefined;
}

/** Whether a value given to a token's name looks made by a machine: long, with a digit, unlike words and places. */
export function tokenIsPlausible(value: string): boolean {
  if (value.length < 10 || !/[0-9]/.test(value) || isStandIn(value) || isLocation(value) || isTyped(value))
    return false;
  if (/^[0-9.:,+-]+$/.test(value)) return /^[0-9]{16,}$/.test(value);
  return !isWordy(value) && entropy(value) >= 2.8;
}

/**
 * Whether a value given to a password's name may be one. People choose them, so little can be asked of it;
 * where the text could be prose (`trusted` false), a plain word is taken for prose.
 */
export function passwordIsPlausible(value: string, trusted: boolean): boolean {
  if (value.length < 5 || isStandIn(value) || isLocation(value)) return false;
  if (/^(?:[a-z_]+\.)+[a-z_]+\(?$|^[A-Za-z_.]+\(/i.test(value)) return false;
  return trusted || /[0-9]|[^\w.:,-]/.test(value);
}
