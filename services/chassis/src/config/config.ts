import { problemsOf } from '@drylane/proto/document';
import { DrylaneError, type Problem } from '@drylane/proto/errors';
import { dotted, nearest, printable } from '@drylane/proto/fields';
import { z } from 'zod';
import { looksSecret } from '../redact/environment.ts';
import { type KnownSecret, SHORTEST_KNOWN } from '../redact/known.ts';
import { createRedactor } from '../redact/redact.ts';
import { headersIn } from './headers.ts';
import { readSecretFile } from './secret-file.ts';

/** Variables of a process, as `process.env` holds them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What of a variable is secret: all of it, the password and the tokens of an address, or the values of headers. */
export type SecretKind = 'value' | 'address' | 'headers';

export interface ConfigOptions<Name extends string> {
  /**
   * How all variables of ours begin: one that begins so and is not known is refused, as it may be a misspelling. One that is
   * known and begins otherwise is another standard's, to which an empty text is as good as none.
   */
  readonly prefix: string;
  /** Variables that hold secrets. Each may instead be named with `_FILE` after it, and say which file holds it. */
  readonly secrets: Readonly<Partial<Record<Name, SecretKind>>>;
  /** Variables that begin with the prefix and that somebody else reads. */
  readonly others?: readonly string[];
}

export interface Configuration<S extends z.ZodObject> {
  readonly config: z.output<S>;
  /** What must never be shown; a redactor takes it as it stands. */
  readonly secrets: readonly KnownSecret[];
}

/**
 * Reads a process's configuration: an object by the variables' names, whose schema takes texts. A `.describe()` of a
 * field completes the mend "set it: …".
 * @throws DrylaneError `bad-input` with everything that is wrong, by variable; it never repeats a value.
 */
export function readConfig<S extends z.ZodObject>(
  schema: S,
  environment: Environment,
  options: ConfigOptions<keyof S['shape'] & string>,
): Configuration<S> {
  const names = Object.keys(schema.shape);
  const kinds: Readonly<Record<string, SecretKind | undefined>> = options.secrets;
  const given = names.map((name) => giveVariable(name, environment, kinds[name], options.prefix));
  const values = new Map(given.flatMap(({ name, text }) => (text === undefined ? [] : [[name, text]])));
  const secrets = given.flatMap(({ name, text }) => secretsOf(name, text, kinds[name]));
  const early = [...given.flatMap(({ problems }) => problems), ...secrets.flatMap(tooShort)];
  const blamed = new Set(early.map(({ field }) => field.replace(/_FILE$/, '')));
  const result = schema.safeParse(Object.fromEntries(values), { reportInput: true });
  const found = result.success ? [] : problemsOf(result.error, (path) => dotted(path) || 'environment');
  const late = found.filter(({ field }) => !blamed.has(field));
  const problems = [
    ...early,
    ...late.map((problem) => {
      const absent = names.includes(problem.field) && !values.has(problem.field);
      return absent ? notSet(problem.field, schema, kinds) : problem;
    }),
    ...strangers(names, environment, options),
  ];
  if (result.success && problems.length === 0) return { config: result.data, secrets };
  throw new DrylaneError('bad-input', scrubbed(problems, secrets));
}

interface Given {
  readonly name: string;
  readonly text: string | undefined;
  readonly problems: readonly Problem[];
}

/** A variable's text, from the environment or from the file that it names. */
function giveVariable(
  name: string,
  environment: Environment,
  kind: SecretKind | undefined,
  prefix: string,
): Given {
  const isOurs = name.startsWith(prefix);
  const direct = isOurs ? environment[name] : environment[name] || undefined;
  const fileName = `${name}_FILE`;
  const path = kind === undefined ? undefined : environment[fileName];
  const wrong = (field: string, message: string, mend: string): Given => ({
    name,
    text: undefined,
    problems: [{ field, message, mend }],
  });
  if (direct !== undefined && path !== undefined)
    return wrong(fileName, `is set together with ${name}`, 'remove one of the two');
  // An empty text counts as a fault and not as absent: a password that is lost on its way must not mean "none".
  if (direct === '') return wrong(name, 'is empty', 'give it a value, or remove it');
  if (path === undefined) return { name, text: direct, problems: [] };
  const file = readSecretFile(path);
  return 'text' in file ? { name, text: file.text, problems: [] } : wrong(fileName, file.message, file.mend);
}

/** Variables that look like ours, and are neither known here nor read by others. */
function strangers(
  names: readonly string[],
  environment: Environment,
  { prefix, secrets, others = [] }: ConfigOptions<string>,
): Problem[] {
  const known = [...names, ...Object.keys(secrets).map((name) => `${name}_FILE`), ...others];
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && environment[name] !== undefined && !known.includes(name))
    .map((name) => {
      const near = nearest(
        name.slice(prefix.length),
        known.map((other) => other.slice(prefix.length)),
      );
      const mend = near === undefined ? 'remove it' : `did you mean ${prefix}${near}?`;
      return { field: printable(name, 64), message: 'is not a variable that is known here', mend };
    });
}

function notSet(
  name: string,
  schema: z.ZodObject,
  kinds: Readonly<Record<string, SecretKind | undefined>>,
): Problem {
  const field = schema.shape[name];
  const about = field === undefined ? undefined : z.globalRegistry.get(field)?.description;
  const file = kinds[name] === undefined ? '' : `, or name a file that holds it in ${name}_FILE`;
  return {
    field: name,
    message: 'is not set',
    mend: `set it${about === undefined ? '' : `: ${about}`}${file}`,
  };
}

/** What of a secret variable's text has to be kept out of everything that is shown. */
function secretsOf(name: string, text: string | undefined, kind: SecretKind | undefined): KnownSecret[] {
  if (text === undefined || kind === undefined) return [];
  if (kind === 'value') return [{ name, value: text }];
  if (kind === 'headers') return secretsOfHeaders(name, text);
  // Not the whole address: hosts and names of databases should stay readable.
  if (!URL.canParse(text)) return [{ name, value: text }];
  const url = new URL(text);
  const inQuery = [...url.searchParams].filter(([key, value]) => looksSecret(key, value) !== undefined);
  const values = [decoded(url.password), ...inQuery.map(([, value]) => value)];
  return values.filter((value) => value !== '').map((value) => ({ name, value }));
}

/** Of a header, its value and the token in it; what is too short to be one may well be no secret. */
function secretsOfHeaders(name: string, text: string): KnownSecret[] {
  const values = Object.values(headersIn(text)).flatMap((value) => [value, value.split(' ').at(-1) ?? '']);
  const secrets = values.filter((value) => value.length >= SHORTEST_KNOWN);
  return [...new Set(secrets)].map((value) => ({ name, value }));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// A redactor leaves shorter values alone, so they would stand in every log.
function tooShort({ name, value }: KnownSecret): Problem[] {
  if (value.length >= SHORTEST_KNOWN) return [];
  const message = `holds a secret of fewer than ${SHORTEST_KNOWN} characters, which could not be kept out of logs`;
  return [{ field: name, message, mend: 'choose a longer one' }];
}

// Messages of ours repeat no value; those that a schema brings with it might.
function scrubbed(problems: readonly Problem[], secrets: readonly KnownSecret[]): readonly Problem[] {
  const redactor = createRedactor(secrets);
  const clean = (text: string): string => redactor.text(text).text;
  return problems.map(({ field, message, mend }) => ({ field, message: clean(message), mend: clean(mend) }));
}
