import { namesSecret, passwordIsPlausible, tokenIsPlausible } from '../assignment.ts';
import { glanceAtAssignment } from '../glance.ts';
import { isPlaceholder, isWordy } from '../plausible.ts';
import type { Found, Rule } from '../rule.ts';

const KEYWORDS = ['token', 'secret', 'passw', 'passphrase', 'pwd', '_pass', 'key', 'auth', 'cred', 'login'];
const NAMED = `[\\w.-]{3,50}\\\\{0,2}["'\`]?[\\])]?`;
const SIGN = '[ \\t]{0,16}(?::{1,3}=|[?+]=|=>|={1,3}|:|,|[ \\t]value=)[ \\t]{0,16}';

/** What is given to a name that says it is secret. Last, because everything else knows better. */
export const ASSIGNMENT_RULES: readonly Rule[] = [
  {
    kind: 'assigned-secret',
    keywords: KEYWORDS,
    pattern: new RegExp(
      `${NAMED}${SIGN}(?<quote>\\\\{0,2}["'\`])(?<secret>(?:[^\\s"'\`\\\\]|\\\\[^\\s"'\`]){4,200})`,
      'i',
    ),
    edges: 'inside',
    runs: true,
    glance: () => glanceAtAssignment('quoted', isSecretName),
    check: (found) => closes(found) && isAssignedSecret(found, true),
    matches: [
      'api_key = "<alnum:32>"',
      '{"x_token": "<lower:32>"}',
      "password: 'hunter2'",
      'System.setProperty("A_TOKEN", "<lower:24>")',
      '{\\"clientSecret\\":\\"<alnum:30>\\"}',
      'X_TOKEN := `<lower:20>`',
      '<add key="ClearTextPassword" value="Test%Password9" />',
      "os.environ['A_TOKEN'] = '<alnum:30>'",
      'secret_key => "<uuid>"',
    ],
    not_matches: [
      'token: "expired"',
      'password = "$' + '{var.password}"',
      'secret_name = "my-app-tls-2023"',
      'password: "Enter your password"',
      'public_key = "<hex:64>"',
      'cache_key: "<hex:64>"',
      'api_key = "your-api-key"',
      'keyboard = "<alnum:32>"',
      'author = "<alnum:20>"',
      'token_url = "https://h.example.com/oauth2/token"',
    ],
  },
  {
    kind: 'assigned-secret',
    keywords: KEYWORDS,
    pattern: new RegExp(
      `${NAMED}${SIGN.replace('|,', '')}(?<secret>[^\\s"'\`\\\\<>,;&(){}[\\]|]{4,200})`,
      'i',
    ),
    edges: 'inside',
    runs: true,
    glance: () => glanceAtAssignment('bare', isSecretName),
    check: (found) => isAssignedSecret(found, false),
    matches: [
      'API_TOKEN=<alnum:32>',
      'client_secret: <alnum:24>',
      'DB_PASSWORD=hunter22',
      '?api_key=<alnum:24>&x=1',
      'access_token: <lower:20>',
      'PGPASSWORD=strongp@ss psql',
    ],
    not_matches: [
      'password: incorrect',
      'password=None',
      'token=getToken(abc123def456)',
      'max_tokens: 4096',
      'KEY_FILE=/etc/ssl/key.pem',
      'password = var.db_password',
      'key: value-12',
      'SSH_AUTH_SOCK=/tmp/ssh-a1b2c3/agent.1',
      'monkey=<alnum:20>',
      'API_KEY=$KEY',
    ],
  },
  {
    kind: 'assigned-secret',
    keywords: [
      'sourcegraph',
      'sumologic',
      'sumo',
      'sonar',
      'snyk',
      'heroku',
      'datadog',
      'twilio',
      'algolia',
      'facebook',
      'cloudflare',
      'okta',
    ],
    pattern:
      /[a-z]{4,12}[\w.-]{0,24}["']?[ \t]{0,8}(?::{1,3}=|[?]=|=|:)[ \t]{0,8}["'`]?(?<secret>[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[A-Za-z0-9]{32,64}|su[A-Za-z0-9]{12})["'`\s;,]?/i,
    edges: 'inside',
    glance: () => glanceAtAssignment('either', () => true),
    entropy: 3,
    check: ({ secret, lead, after }) =>
      /[0-9]/.test(secret) &&
      !isPlaceholder(secret) &&
      !/^[\w-]/.test(after) &&
      (secret.length > 14 || /^sumo.*access/i.test(lead)),
    matches: ['sourcegraph: <hex:40>', 'sumologic_access_id = "su<alnum:12>"', 'datadog = <hex:32>'],
    not_matches: ['sonar: <hex:12>', 'heroku: <letters:40>', 'sumOfProperty = "su<alnum:12>"'],
  },
];

const isSecretName = (name: string): boolean => namesSecret(name) !== undefined;

/** Whether the quote that was opened is closed, as far as one can see. */
function closes({ groups, after, secret }: Found): boolean {
  return after === '' || after.startsWith(groups.quote ?? '"') || secret.length >= 199;
}

function isAssignedSecret({ before, lead, secret, after }: Found, quoted: boolean): boolean {
  // A call, or the next of a list of words, is not what the name holds.
  if (quoted ? lead.includes(',') && isWordy(secret) : after.startsWith('(')) return false;
  const trusted = quoted || /^[A-Z0-9_]+=$/.test(lead);
  const named = namesSecret(nameEnding(before) + (/^[\w.-]*/.exec(lead)?.[0] ?? ''));
  if (named === 'password') return passwordIsPlausible(secret, trusted);
  return named === 'token' && tokenIsPlausible(secret);
}

/** The beginning of a name whose end is a keyword. */
function nameEnding(before: string): string {
  let start = before.length;
  while (start > 0 && /[\w.-]/.test(before[start - 1] ?? '')) start -= 1;
  return before.slice(start);
}
