import { entropy, isBase64Pair, isPlaceholder, isStandIn, isWordy } from '../plausible.ts';
import type { Rule } from '../rule.ts';

/** What travels in addresses, headers and command lines. */
export const TRANSPORT_RULES: readonly Rule[] = [
  {
    kind: 'url-password',
    keywords: ['://'],
    pattern: /:\/\/(?<user>[^\s/:@"'`<>[\]]{0,120}):(?<secret>[^\s/"'`<>;|]{1,200})@[\w.[\-$({%]/,
    edges: 'inside',
    check: ({ secret, groups }) =>
      !isStandIn(secret) && secret !== groups.user && !/^[({]|[)}]$/.test(secret),
    matches: [
      'https://bob:<alnum:9>@h.example.com/',
      'postgres://u:<lower:8>@10.0.0.1:5432/db',
      'redis://:<alnum:12>@cache:6379',
      'amqp://u:p@<alnum:8>@h/',
    ],
    not_matches: [
      'http://localhost:8080/a@b',
      'mysql://root:root@localhost',
      'https://u:$' + '{PASSWORD}@h',
      'ssh://git@github.com:22/x',
      'db://user:password@host',
      'mongodb://U:YOUR_PASSWORD@h',
      'pg://{u}:{p}@h',
      'https://u:p1;{rm,-rf,data};true@h',
    ],
  },
  {
    kind: 'url-token',
    keywords: ['://'],
    pattern: /:\/\/(?<secret>[A-Za-z0-9_-]{20,200})@[\w.[-]/,
    edges: 'inside',
    entropy: 3,
    check: ({ secret }) => !isWordy(secret) && /[0-9]/.test(secret) && !isStandIn(secret),
    matches: ['https://<alnum:40>@github.com/a/b.git', 'https://<hex:32>@o1.ingest.sentry.io/2'],
    not_matches: ['https://git@github.com', 'ssh://deploy-user-production@host', 'https://<alnum:12>@h'],
  },
  {
    kind: 'authorization-header',
    runs: true,
    keywords: ['bearer', 'basic', 'token', 'apikey', 'digest', 'negotiate'],
    pattern:
      /(?<scheme>bearer|basic|token|apikey|negotiate)(?:[ \t]{1,4}|%20|\+)["']?(?<secret>[A-Za-z0-9+/._~-]{8,200}={0,2})/i,
    check: ({ secret, groups, before }) =>
      isCredential(groups.scheme ?? '', secret, /authorization\W{0,8}$/i.test(before)),
    matches: [
      'Authorization: Bearer <alnum:40>',
      'bearer <alnum:32>',
      'Authorization: Basic dXNlcjpodW50ZXIyMzQ1',
      'Authorization: Token <hex:40>',
    ],
    not_matches: [
      'Bearer authentication',
      'basic functionality',
      'a token <letters:8>',
      'Authorization: Bearer $TOKEN',
      'Authorization: Bearer xxxxxxxxxxxxxxxx',
      'token 12345678',
    ],
  },
  {
    kind: 'authorization-header',
    runs: true,
    keywords: [
      'authorization',
      'x-api-key',
      'x-auth-token',
      'private-token',
      'x-vault-token',
      'apikey:',
      'x-amz-security-token',
    ],
    pattern:
      /(?:authorization|x-api-key|x-auth-token|private-token|x-vault-token|apikey|x-amz-security-token)\\{0,2}["']?[ \t]{0,4}[:=][ \t]{0,4}\\{0,2}["']?(?<secret>[A-Za-z0-9+/._~-]{12,200}={0,2})/i,
    check: ({ secret }) => isCredential('token', secret, true),
    matches: ['X-Api-Key: <alnum:32>', "curl -H 'PRIVATE-TOKEN: <alnum:20>'", 'authorization: <hex:40>'],
    not_matches: ['Authorization: required-by-policy', 'x-api-key: $API_KEY', 'apikey: your-api-key-here'],
  },
  {
    kind: 'curl-password',
    keywords: ['curl '],
    pattern:
      /curl(?:[^\n|;\\]|\\[\s\S]){0,400}?[ \t\n](?:-u|--user|--proxy-user|-U)[ \t=]{0,4}["']?(?<user>[^\s"':]{0,100})["']?:["']?(?<secret>[^\s"']{3,120})/,
    reach: 1200,
    strays: 400,
    edges: 'inside',
    check: ({ secret, groups }) => !isStandIn(secret) && secret !== groups.user && !/^:|\/\//.test(secret),
    matches: [
      'curl -u bob:<alnum:12> https://h',
      "curl -s --user 'api:<alnum:9>' \\\n https://h",
      'curl -k \\\n  -H "A: b" \\\n  -u dev:<alnum:16>',
    ],
    not_matches: [
      'curl -u "test:test"',
      'curl -u "$' + '{U}":"$' + '{P}"',
      'curl -u name http://h:80/',
      'curl -u ":" https://h:9200',
      'docker run -u 1000:1000 x',
    ],
  },
  {
    kind: 'command-password',
    strays: 300,
    keywords: ['sshpass ', 'mysql', 'mariadb', 'redis-cli ', 'smbclient ', 'openssl '],
    pattern:
      /(?:sshpass[ \t](?:-v[ \t])?-p[ \t]{0,4}|(?:mysql|mariadb)[\w-]{0,12}[ \t](?:[^\n|;]{0,200}?[ \t])?-p|redis-cli[ \t](?:[^\n|;]{0,200}?[ \t])?-a[ \t]{1,4}|openssl[ \t][^\n|;]{0,300}?[ \t]-pass(?:in|out)?[ \t]pass:)["']?(?<secret>[^\s"']{4,120})/,
    check: ({ secret }) => !isStandIn(secret) && !/^[-/]/.test(secret),
    matches: [
      'sshpass -p <alnum:8> ssh h',
      'mysql -uroot -p<alnum:9> db',
      "mysqldump -h db -p'<alnum:9>' x",
      'redis-cli -h r -a <alnum:12> ping',
      'openssl rsa -in k -passin pass:<alnum:9>',
    ],
    not_matches: [
      'mysql -u root -p mydb',
      'sshpass -p "$P" ssh h',
      'sshpass -p $PASS ssh h',
      'mysqld --port 3306',
    ],
  },
  {
    kind: 'command-password',
    keywords: [
      '--pass',
      '--token',
      '--secret',
      '--api-key',
      '--apikey',
      '--auth-token',
      '--access-token',
      '--client-secret',
      '--private-key',
      ' password ',
    ],
    pattern:
      /(?:--(?:passwd|password|pass|token|secret|api-?key|auth-token|access-token|client-secret|private-key)[ \t]{1,4}| password[ \t]{1,4})["']?(?<secret>[^\s"'`|;&<>()]{6,200})/i,
    edges: 'inside',
    check: ({ secret, lead }) =>
      !isStandIn(secret) &&
      !/^[-/~.:=]|:\/\//.test(secret) &&
      (lead.startsWith('--pass') ? !/^[a-z]+$/.test(secret) : !isWordy(secret)) &&
      /[0-9]|[^A-Za-z0-9]/.test(secret),
    matches: [
      'login --token <alnum:32>',
      'x --password <alnum:10>',
      'machine h login bob password <alnum:10>',
    ],
    not_matches: [
      '--token $TOKEN',
      '--password-stdin',
      '--pass phrase',
      'the password expires',
      '--secret id=npm,src=.npmrc',
      '--token <letters:8>',
    ],
  },
  {
    kind: 'package-registry-token',
    keywords: ['bundle_'],
    pattern:
      /BUNDLE_[A-Z0-9_]{1,60}__[A-Z0-9_]{2,20}["']?[ \t]{0,4}[:=][ \t]{0,4}["']?(?<secret>[A-Za-z0-9_.-]{1,80}:[A-Za-z0-9_.-]{4,80}|[a-f0-9]{20,80})/i,
    check: ({ secret }) => !isStandIn(secret),
    matches: [
      'BUNDLE_GEMS__EXAMPLE__COM=<hex:8>:<hex:8>',
      'export BUNDLE_RUBYGEMS__PKG__COM="bob:<alnum:12>"',
    ],
    not_matches: ['BUNDLE_WITHOUT="development:test"', 'BUNDLE_PATH: vendor/bundle'],
  },
];

function isCredential(scheme: string, secret: string, inHeader: boolean): boolean {
  if (scheme.toLowerCase() === 'basic') return isBase64Pair(secret) && !isPlaceholder(secret);
  if (scheme.toLowerCase() === 'token' && !inHeader) return false;
  if (secret.length < 12 || !/[0-9]/.test(secret)) return false;
  return entropy(secret) >= 3 && !isStandIn(secret) && !isWordy(secret);
}
