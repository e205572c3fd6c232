import { namesSecret, passwordIsPlausible, tokenIsPlausible } from '../assignment.ts';
import { isStandIn, isWordy } from '../plausible.ts';
import type { Found, Rule } from '../rule.ts';

/** What is given to a secret's name without a sign that gives it: in lists of settings, image files and sentences. */
export const SETTING_RULES: readonly Rule[] = [
  {
    kind: 'assigned-secret',
    keywords: ['name:', 'name"', 'key"'],
    pattern:
      /(?:name|key)["']?[ \t]{0,4}:[ \t]{0,4}["']?(?<name>[\w.-]{3,80})["']?[ \t]{0,8},?[ \t]{0,8}\r?(?:\n[ \t]{0,40})?["']?value["']?[ \t]{0,4}:[ \t]{0,4}(?<quote>["']?)(?<secret>[^\s"',}]{4,200})/i,
    edges: 'inside',
    runs: true,
    check: isNamedSecret,
    matches: [
      '- name: DB_PASSWORD\n  value: hunter2longer',
      '        - name: API_TOKEN\n          value: "<alnum:32>"',
      '{"name": "API_KEY", "value": "<hex:32>"}',
      '"Key": "dbPassword",\n  "Value": "<alnum:12>"',
    ],
    not_matches: [
      '- name: LOG_LEVEL\n  value: <alnum:32>',
      '- name: DB_PASSWORD\n  value: $(DB_PASSWORD)',
      '- name: API_TOKEN\n  valueFrom: <alnum:32>',
      '{"name": "TOKEN_URL", "value": "<hex:32>"}',
      '- name: SECRET_NAME\n  value: my-app-tls',
    ],
  },
  {
    kind: 'assigned-secret',
    keywords: ['env '],
    pattern: /ENV[ \t]{1,4}(?<name>[A-Za-z_]\w{2,60})[ \t]{1,4}(?<quote>["']?)(?<secret>[^\s"'=]{4,200})/,
    runs: true,
    check: isNamedSecret,
    matches: ['ENV DB_PASSWORD hunter2longer', 'ENV API_TOKEN "<alnum:24>"'],
    not_matches: ['ENV LANG C.UTF-8', 'ENV DB_PASSWORD $PASSWORD', 'ENV TOKEN_FILE /run/secrets/token1'],
  },
  {
    kind: 'assigned-secret',
    keywords: [
      'password is',
      'password was',
      'password for',
      'passphrase is',
      'token is',
      'secret is',
      'key is',
    ],
    pattern:
      /(?:password|passphrase|token|secret|key)(?: for(?: [\w.@-]{1,64}){1,3}?)?(?: is| was)?(?: now| set to)?:?[ \t]{1,4}["'`]?(?<secret>[^\s"'`,;]{6,200})/i,
    edges: 'inside',
    runs: true,
    check: ({ secret, lead }) => / (?:is|was)|:/.test(lead) && isTold(secret, /^pass/i.test(lead)),
    matches: [
      'my password is hunter2longer',
      'The initial admin password is: <alnum:16>',
      'Password for user bob is <alnum:12>',
      'Your API key is <hex:32>',
    ],
    not_matches: [
      'the password is required',
      'password is longer than 8 characters',
      'the token is expired',
      'this key is 2048-bit',
      'password for user1234',
      'secret is my-app-tls-2023',
    ],
  },
  {
    kind: 'session-cookie',
    keywords: ['cookie:', 'cookie":'],
    pattern: /cookie["']?:[ \t]{0,4}["']?(?<secret>[^\s"';=,]{1,80}=[^"'\r\n]{16,2000})/i,
    each: /(?:^|;[ ]?)[^\s"';=,]{1,80}=(?<secret>[A-Za-z0-9%+/._~|:-]{20,1000})/,
    edges: 'inside',
    reach: 2200,
    check: ({ secret }) =>
      secret.split(';').some((part) => /[0-9]/.test(part.slice(part.indexOf('=')).slice(1))),
    strays: 80,
    matches: [
      'Cookie: theme=dark; session=<alnum:40>',
      'Set-Cookie: sid=<alnum:32>; Path=/; HttpOnly',
      "curl -H 'cookie: _s=<hex:32>' https://h",
    ],
    not_matches: ['Cookie: theme=dark', 'set-cookie: lang=en-GB; Path=/', 'cookie: "<alnum:40>"'],
  },
];

function isNamedSecret({ groups, secret }: Found): boolean {
  const named = namesSecret(groups.name ?? '');
  if (named === 'password') return passwordIsPlausible(secret, true);
  return named === 'token' && tokenIsPlausible(secret);
}

/** Whether what a sentence says a password is, or a token, can be no word of the sentence. */
function isTold(value: string, chosen: boolean): boolean {
  if (!chosen) return value.length >= 16 && tokenIsPlausible(value);
  return (
    /[0-9]/.test(value) &&
    /[A-Za-z]{3}/.test(value) &&
    !isStandIn(value) &&
    !/-/.test(value) &&
    !isWordy(`${value}-`)
  );
}
