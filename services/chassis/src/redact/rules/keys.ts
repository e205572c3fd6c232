import type { Rule } from '../rule.ts';

// Between the lines of a key: white space, quotes, commas and plus signs of literals, escaped newlines, YAML's marks.
const GAP = String.raw`(?:[\s"',>|]|\\{1,4}[nrt"]|\+\s)`;
const LINE = '[A-Za-z0-9+/=]';

/** Keys in their files' own forms, and signed tokens. */
export const KEY_RULES: readonly Rule[] = [
  {
    kind: 'private-key',
    keywords: ['-----begin'],
    pattern: new RegExp(
      `-----BEGIN[ A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)?-----(?:${GAP}{1,64}(?:(?:Proc-Type|DEK-Info|Version|Comment|Hash): [^\\n\\\\]{0,120}|${LINE}{16,8000}))+` +
        `(?:${GAP}{0,64}${LINE}{0,16}${GAP}{0,64}-----END[ A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)?-----)?`,
      'i',
    ),
    reach: 16_384,
    runs: true,
    edges: 'inside',
    matches: [
      '-----BEGIN PRIVATE KEY-----\n<b64:64>\n<b64:64>\n<b64:20>==\n-----END PRIVATE KEY-----',
      'key: "-----BEGIN RSA PRIVATE KEY-----\\n<b64:64>\\n<b64:7>=\\n-----END RSA PRIVATE KEY-----\\n"',
      '-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n<b64:64>\n=<b64:4>\n-----END PGP PRIVATE KEY BLOCK-----',
      '-----BEGIN OPENSSH PRIVATE KEY-----\n<b64:70>\n<b64:70>\n',
      "'-----BEGIN RSA PRIVATE KEY-----\\n' +\n  '<b64:64>\\n'\n  + '<b64:64>\\n'",
      '-----BEGIN EC PRIVATE KEY----- <b64:1600> -----END EC PRIVATE KEY-----',
    ],
    not_matches: [
      '-----BEGIN PUBLIC KEY-----\n<b64:64>\n-----END PUBLIC KEY-----',
      'grep -r "-----BEGIN RSA PRIVATE KEY-----" .',
      '-----BEGIN CERTIFICATE-----\n<b64:64>\n-----END CERTIFICATE-----',
    ],
  },
  {
    // The same in base64, as in the data of a Kubernetes secret; what follows BEGIN tells it from a certificate.
    kind: 'private-key',
    keywords: ['ls0tls1crudjtib'],
    pattern: /LS0tLS1CRUdJTiB(?:QUklW|[SFPE])[A-Za-z0-9+/]{40,300}={0,2}/,
    runs: true,
    matches: ['tls.key: LS0tLS1CRUdJTiBS<b64:200>', 'LS0tLS1CRUdJTiBQUklW<b64:1000>=='],
    not_matches: ['tls.crt: LS0tLS1CRUdJTiBD<b64:200>', 'LS0tLS1CRUdJTiBQVUJM<b64:200>'],
  },
  {
    // PuTTY's own format has no armour, but says how many lines are private.
    kind: 'private-key',
    keywords: ['private-lines:'],
    pattern: /Private-Lines: [0-9]{1,3}(?:\r?\n|\\n)(?<secret>(?:[A-Za-z0-9+/=]{4,64}(?:\r?\n|\\n|$)){1,64})/,
    reach: 4608,
    edges: 'inside',
    matches: ['Private-Lines: 2\n<b64:64>\n<b64:40>\nPrivate-MAC: ', 'Private-Lines: 1\n<b64:48>'],
    not_matches: ['Public-Lines: 2\n<b64:64>\n<b64:40>', 'Private-Lines: 14 of the file'],
  },
  {
    kind: 'age-key',
    keywords: ['age-secret-key-1', 'age-secret-key-pq-1'],
    pattern: /AGE-SECRET-KEY-(?:PQ-)?1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}/i,
    matches: ['AGE-SECRET-KEY-1<bech32:58>', 'key=AGE-SECRET-KEY-1<bech32:58>'],
    not_matches: ['AGE-SECRET-KEY-1<bech32:20>', 'age1<bech32:58>', 'AGE-SECRET-KEY-1<bech32:70>'],
  },
  {
    kind: 'jwt',
    keywords: ['eyj'],
    // A long header must start with a usual field: `alg`, `typ`, `kid`, `enc`, `iat`, `cty`, `x5t`, `x5c`, `jku`, `zip`.
    pattern:
      /(?:eyJ(?:hbGci|0eXAi|raWQi|lbmMi|pYXQi|jdHki|4NXQi|4NWMi|qa3Ui|6aXAi)[A-Za-z0-9_-]{4,1000}|eyJ[A-Za-z0-9_-]{8,150})\.[A-Za-z0-9_/+-]{8,6000}(?:\.[A-Za-z0-9_/+-]{0,1000}={0,2}){1,3}/,
    reach: 8192,
    strays: 300,
    runs: true,
    check: ({ secret }) => isHeader(secret.slice(0, secret.indexOf('.'))),
    matches: [
      'eyJhbGciOiJIUzI1NiJ9.eyJ<alnum:60>.<alnum:43>',
      'Authorization: eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.eyJ<alnum:20>.',
      '?access_token=eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJ<alnum:200>.<alnum:342>&x=1',
    ],
    not_matches: [
      'eyJhbGciOiJIUzI1NiJ9',
      'eyJ<alnum:20>.<alnum:40>',
      'eyJ<alnum:30>.eyJ<alnum:30>.<alnum:43>',
    ],
  },
  {
    kind: 'jwt',
    keywords: ['zxlkagjhy2lp', 'zxlkmgvyqwlp', 'zxlkmgvyqwlpaujkv1'],
    pattern: /ZXlK(?:aGJHY2lP|MGVYQWlP)[A-Za-z0-9+/_-]{60,4000}={0,2}/,
    reach: 4200,
    matches: ['ZXlKaGJHY2lP<alnum:120>'],
    not_matches: ['ZXlKaGJHY2lP<alnum:20>'],
  },
  {
    kind: 'kubernetes-secret',
    keywords: ['kind:', 'kind"'],
    pattern:
      /kind"?:[ \t]{0,8}["']?secret\b["']?[\s,][\s\S]{0,800}?\bdata"?:[ \t]{0,8}\{?[ \t\r]{0,8}\n?(?<secret>(?:[\s]{0,24}["']?[\w.-]{1,80}["']?:[ \t]{0,8}["']?[A-Za-z0-9+/=]{1,700}["']?,?[ \t\r]{0,8}(?:\n|$))+)/i,
    each: /:[ \t]{0,8}["']?(?<secret>[A-Za-z0-9+/]{12,}={0,2})/,
    reach: 4096,
    edges: 'inside',
    matches: [
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  extra: <b64:24>\n  cert: <b64:31>=\n',
    ],
    not_matches: [
      'kind: ConfigMap\ndata:\n  extra: <b64:24>\n',
      'kind: Secret\ndata:\n  extra: ""\n',
      'kind: ExternalSecret\ndata:\n  key: <b64:24>\n',
    ],
  },
  {
    kind: 'kubernetes-secret',
    keywords: ['data:'],
    pattern:
      /data:[ \t\r]{0,8}\n(?<secret>(?:[ \t]{1,24}["']?[\w.-]{1,80}["']?:[ \t]{0,8}["']?[A-Za-z0-9+/=]{1,700}["']?[ \t\r]{0,8}\n){1,40})[\s\S]{0,600}?\bkind:[ \t]{0,8}["']?secret\b/i,
    each: /:[ \t]{0,8}["']?(?<secret>[A-Za-z0-9+/]{12,}={0,2})/,
    reach: 4096,
    edges: 'inside',
    check: ({ before }) => !/\w$/.test(before),
    matches: ['apiVersion: v1\ndata:\n  extra: <b64:24>\nkind: Secret\n'],
    not_matches: ['metadata:\n  name: x\nkind: Secret\n', 'data:\n  extra: <b64:24>\nkind: ConfigMap\n'],
  },
];

/** Whether text is the base64url of a JSON object that names an algorithm or a type. */
function isHeader(text: string): boolean {
  return /^\{.*"(?:alg|typ|enc|kid|iat)"/.test(Buffer.from(text, 'base64url').toString('latin1'));
}
