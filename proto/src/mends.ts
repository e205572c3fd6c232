import type { z } from 'zod';
import { nearest } from './fields.ts';

type Issue = z.core.$ZodIssue;

/** What is wrong with a value, and what to do about it; never repeats the value, which may be a secret. */
export function describeIssue(issue: Issue): { message: string; mend: string } {
  if (issue.code === 'invalid_type') return describeType(issue);
  if (issue.code === 'invalid_value') return describeChoice(issue);
  if (issue.code === 'too_big') return describeTooBig(issue);
  if (issue.code === 'too_small') return describeTooSmall(issue);
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  const mend = MENDS[message] ?? 'write it as the message says';
  return issue.code === 'invalid_key' ? { message: `its name ${message}`, mend } : { message, mend };
}

type Article = Readonly<Record<string, string>>;

const KINDS: Article = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of fields',
  record: 'a mapping of names to values',
  null: 'empty',
};

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return KINDS[typeof value] ?? typeof value;
}

function describeType(issue: Extract<Issue, { code: 'invalid_type' }>): { message: string; mend: string } {
  const wanted = KINDS[issue.expected] ?? issue.expected;
  if (!('input' in issue)) return { message: issue.message, mend: `write ${wanted}` };
  if (issue.input === undefined) return { message: 'is missing', mend: `add it, as ${wanted}` };
  const ours = MENDS[issue.message];
  if (ours !== undefined) return { message: issue.message, mend: ours };
  const message = `is ${kindOf(issue.input)}, and must be ${wanted}`;
  if (issue.input === null) return { message, mend: 'give it a value, or remove it' };
  if (issue.expected === 'string' && typeof issue.input !== 'object')
    return { message, mend: 'put quotes around it' };
  if (issue.expected === 'string') return { message, mend: 'write it as one text' };
  if (issue.expected === 'array') return { message, mend: 'write it as a list: [ … ]' };
  if (issue.expected === 'int') return { message: 'is not a whole number', mend: 'write a whole number' };
  if ((issue.expected === 'number' || issue.expected === 'boolean') && typeof issue.input === 'string')
    return { message, mend: `write ${wanted}, without quotes` };
  return { message, mend: `write ${wanted}` };
}

function describeChoice(issue: Extract<Issue, { code: 'invalid_value' }>): { message: string; mend: string } {
  const choices = issue.values.map(String);
  if (issue.input === undefined) return { message: 'is missing', mend: `add it, as ${choices.join(' or ')}` };
  const message = `must be ${choices.length > 1 ? 'one of: ' : ''}${choices.join(', ')}`;
  const near = typeof issue.input === 'string' ? nearest(issue.input, choices) : undefined;
  if (near === undefined) return { message, mend: `write ${choices.join(' or ')}` };
  return { message, mend: near === issue.input ? `write ${near}, without quotes` : `did you mean ${near}?` };
}

const UNITS: Article = { string: ' characters', array: ' entries' };
const VERBS: Article = { string: 'holds', array: 'has' };

function describeTooBig(issue: Extract<Issue, { code: 'too_big' }>): { message: string; mend: string } {
  const limit = `${issue.maximum}${UNITS[issue.origin] ?? ''}`;
  const verb = VERBS[issue.origin];
  return {
    message: verb ? `${verb} more than ${limit}` : `is above ${limit}`,
    mend: verb ? `cut it to at most ${limit}` : `make it at most ${limit}`,
  };
}

function describeTooSmall(issue: Extract<Issue, { code: 'too_small' }>): { message: string; mend: string } {
  const verb = VERBS[issue.origin];
  if (verb && Number(issue.minimum) === 1)
    return { message: 'is empty', mend: 'give it a value, or remove it' };
  const limit = `${issue.minimum}${UNITS[issue.origin] ?? ''}`;
  if (verb) return { message: `${verb} fewer than ${limit}`, mend: `give it at least ${limit}` };
  return issue.inclusive === false
    ? { message: `is not above ${limit}`, mend: `make it more than ${limit}` }
    : { message: `is below ${limit}`, mend: `make it at least ${limit}` };
}

/** The mend for each message that a schema of ours gives; a golden vector stands for each. */
const MENDS: Article = {
  'a mutating command must say what it writes': 'list the paths it may write, or set mode: read-only',
  'a read-only command writes nothing': 'remove expected_writes, or set mode: mutating',
  'must not climb with ..': 'name the path from the root of the workspace',
  'must not hold a NUL byte': 'remove the NUL byte',
  'must not hold half of a character': 'replace the lone surrogate with the whole character',
  'must be an absolute path without ..': 'write the whole path, such as /workspace/site',
  'must be a host, host:port, *.domain or unix:/path':
    'write it as "api.github.com:443", without a scheme or a path',
  'must have a port from 1 to 65535': 'write a port such as :443, or leave it out',
  'must be none, or a list of hosts': 'write none, or a list such as [ "api.github.com:443" ]',
  'must be one of { path }, { snapshot } or { git }': 'write it as { path: /workspace/site }',
  'must be a variable name': 'use letters, digits and _, with no digit first',
  'must be an image reference': 'write it as name, name:tag or name@sha256:…',
  'must be letters, digits and . _ / -': 'start with a letter or a digit, and leave other characters out',
  'must be lower-case words joined by dashes': 'write it as lockfile-needs-eyes',
  'must be sha256: and 64 hexadecimal digits': 'copy the whole digest, in lower case',
  'must not hold an empty part': 'write single slashes; ** stands for every path',
  'must not hold a . part': 'remove the dot: patterns count from the root of the workspace',
  'must be a whole number with a unit: 500ms, 60s, 15m, 24h': 'write it as 60s',
  'must be a whole number of bytes, Ki, Mi or Gi: 64Ki, 512Mi, 4Gi': 'write it as 512Mi',
  'must not be blank': 'write the command to rehearse',
  'must be at most 100000 bytes': 'put the long part into a script of the workspace, and name that',
  'must be above medium': 'make high larger than medium',
  'must be one of the allowed images': 'add it to images.allowed, or choose one of those',
  'must be lower-case letters, digits and -': 'write it as web-team',
  'must be lower-case letters, digits and . _ @ -':
    'start with a letter or a digit, and leave other characters out',
  'must be one tenant for this role': 'name the tenant; only an operator or a worker can be of all',
  'must be an https address': 'write it as https://login.example.com; http is for this machine alone',
  'must name each issuer and audience once': 'put the roles of both into one entry',
  'must be run_ and a ULID': 'copy the whole id, as drylane runs lists it',
  'must be schedule_ and a ULID': 'copy the whole id, as it is listed',
  'must be the id of a token': 'copy the twelve characters of its id, as it is listed',
  'must be five cron fields, one space between': 'write it as 0 3 * * *, for three every night',
  'must be a time zone': 'write it as UTC or Europe/Berlin',
  'each time has a key of its own': 'remove idempotency_key from the envelope',
  'must be an age recipient: age1…': 'paste the public key that age-keygen printed',
};
