import { parseShell } from '@drylane/proto/shell';
import { commandBehind } from './behind.ts';
import { readNames } from './bindings.ts';
import { placeEffect, readEffects } from './effects.ts';
import { readFind } from './find.ts';
import { readFlags } from './flags.ts';
import type { Arg, Assigned, Invocation, Redirection, Span } from './model.ts';
import { type Carrier, codesOf, codesOfAssignment, PRINTERS } from './nested.ts';
import { asAssigned, type Context, effectsOf, positionOf, type Reader } from './pieces.ts';
import { alternatives, normalise } from './places.ts';
import { programOf, unroll } from './unroll.ts';
import { readWord } from './words.ts';

/** Texts in texts: `bash -c "bash -c …"`. */
const MAX_DEPTH = 4;
/** Text that is read again because a shell will read it again. */
const MAX_NESTED_LENGTH = 20_000;
/** What reading a text costs however short it is, as characters. */
const NESTED_COST = 100;
/** Commands that one find may start. */
const MAX_FOUND = 8;
/** Values of variables that are looked at as the program that runs, in the whole text. */
const MAX_EMITTED_CANDIDATES = 24;
/** Words of such a value. */
const MAX_CANDIDATE_WORDS = 40;
/** Programs that append what they find to the command behind them. */
const SEARCHES = new Set(['fd', 'fdfind']);
/** Characters of the paths that brace lists are expanded to, in the whole text. */
const MAX_EXPANDED = 4000;
/** Directories a text goes to that are kept in mind. */
const MAX_DIRECTORIES = 6;

/** A command as it stands in the text. */
interface Words {
  readonly context: Context;
  readonly words: readonly Arg[];
  readonly redirections: readonly Redirection[];
  readonly assignments: readonly Assigned[];
  readonly span: Span;
  readonly fed: boolean;
  /** The redirections are those of a compound command. */
  readonly compound?: true;
}

/** Notes one command with its wrappers taken off, and goes into what it starts or has read by a shell. */
export function emit(reader: Reader, command: Words): { readonly program: string } {
  const { context, redirections, span } = command;
  const unrolled = unroll(command.words);
  if (unrolled.tooDeep) reader.unread.push({ why: 'too-deep', span });
  const [name, ...args] = unrolled.words;
  const program = name?.literal && !name.glob ? programOf(name) : '';
  const { flags, operands } = readFlags(program, args);
  const inner: Context = { ...context, via: [...context.via, ...unrolled.via] };
  const assignments = [...command.assignments, ...unrolled.assigns.map(asAssigned)];
  const invocation: Invocation = {
    ...positionOf(inner),
    span,
    program,
    name: name ?? null,
    args,
    flags,
    operands,
    redirections,
    assignments,
    effects: [...readEffects(program, { flags, operands }), ...effectsOf(redirections)].map((change) =>
      placeEffect(change, pathsOf(reader, change.target, span), reader.directories),
    ),
    defined: context.names.functions.has(name?.text ?? ''),
    directories: reader.directories,
    mentioned: reader.mentioned,
    written: reader.written,
    fed: command.fed || unrolled.fed,
    compound: command.compound ?? false,
  };
  reader.invocations.push(invocation);
  noteInPipe(invocation);
  noteTargets(reader, invocation);
  if (program === 'cd' || program === 'pushd' || program === 'popd') move(reader, invocation, context.plain);
  if (program === '' && name !== undefined) emitCandidates(reader, command, inner, name, args);
  if (program === 'find') emitFound(reader, command, inner, args);
  const behind = commandBehind(invocation);
  if (behind.length > 0 && context.depth >= MAX_DEPTH) reader.unread.push({ why: 'too-deep', span });
  else if (behind.length > 0)
    emit(reader, {
      ...command,
      context: deeper(inner, program),
      words: behind,
      redirections: [],
      assignments: [],
      fed: command.fed || SEARCHES.has(program),
      span: spanOfWords(behind, span),
    });
  readCodes(reader, { ...invocation, input: context.input }, inner, unrolled.beside);
  return { program };
}

/** The paths that a target may mean; where its lists are too long to be read, that is noted if one may leave the workspace. */
function pathsOf(reader: Reader, { text, glob }: Arg, span: Span): readonly string[] {
  if (!glob || !text.includes('{')) return [text];
  const all = reader.expanded > MAX_EXPANDED ? null : alternatives(text);
  const isNoted = reader.unread.at(-1)?.span === span;
  if (all === null && !isNoted && /[{,](\/|~|\.)/.test(text)) reader.unread.push({ why: 'too-many', span });
  reader.expanded += text.length * (all?.length ?? 0);
  return all ?? [text];
}

/** Goes into every text in a command that a shell will read, or a program will start. */
function readCodes(
  reader: Reader,
  carrier: Carrier & Pick<Invocation, 'assignments'>,
  context: Context,
  beside: readonly Arg[],
): void {
  for (const code of [...beside, ...codesOf(carrier).reverse()])
    readCode(reader, code, context, carrier.program);
  for (const assigned of carrier.assignments)
    for (const code of codesOfAssignment(assigned)) readCode(reader, code, context, assigned.name);
}

/** A variable, and nothing else, names the program: every value that the text gives it may be what runs. */
function emitCandidates(
  reader: Reader,
  command: Words,
  context: Context,
  name: Arg,
  args: readonly Arg[],
): void {
  const variable = /^\$\{?([A-Za-z_]\w*|[@*])(?:\[[@*]\])?\}?$/.exec(name.text)?.[1];
  if (variable === undefined || context.depth >= MAX_DEPTH) return;
  const { names, place } = context;
  if (reader.candidates >= MAX_EMITTED_CANDIDATES) {
    reader.unread.push({ why: 'too-many', span: command.span });
    return;
  }
  for (const candidate of names.candidates.get(variable === '*' ? '@' : variable) ?? []) {
    const some = candidate.slice(0, MAX_CANDIDATE_WORDS);
    if (some.length < candidate.length) reader.unread.push({ why: 'too-many', span: command.span });
    const words = some.flatMap((word) => readWord(word, names, place)).flatMap(splitAtBlanks);
    if (words.length === 0) continue;
    reader.candidates += 1;
    emit(reader, {
      ...command,
      context: deeper(context, name.text),
      words: [...words, ...args],
      redirections: [],
      assignments: [],
    });
  }
}

function splitAtBlanks(word: Arg): Arg[] {
  if (!/\s/.test(word.text)) return [word];
  return word.text.split(/\s+/).flatMap((text) => (text === '' ? [] : [{ ...word, text, offset: null }]));
}

function emitFound(reader: Reader, command: Words, context: Context, args: readonly Arg[]): void {
  const { commands } = readFind(args);
  if (commands.length > MAX_FOUND || (commands.length > 0 && context.depth >= MAX_DEPTH))
    reader.unread.push({ why: 'too-deep', span: command.span });
  if (context.depth >= MAX_DEPTH) return;
  for (const words of commands.slice(0, MAX_FOUND))
    emit(reader, {
      ...command,
      context: deeper(context, 'find'),
      words,
      redirections: [],
      assignments: [],
      fed: true,
      span: spanOfWords(words, command.span),
    });
}

/** Where the words of a command stand that is part of another one. */
function spanOfWords(words: readonly Arg[], whole: Span): Span {
  const [first, last] = [words[0], words.at(-1)];
  if (first === undefined || last === undefined || last.span[1] < first.span[0]) return whole;
  return [first.span[0], last.span[1]];
}

/** Goes into a text that a shell will read; its commands come next, before what follows in the source. */
function readCode(reader: Reader, code: Arg, context: Context, program: string): void {
  const { span, text } = code;
  if (!code.literal) reader.unread.push({ why: 'built', span });
  reader.nestedLength += text.length + NESTED_COST;
  if (context.depth >= MAX_DEPTH || reader.nestedLength > MAX_NESTED_LENGTH) {
    reader.unread.push({ why: 'too-deep', span });
    return;
  }
  const parsed = parseShell(text);
  if (!parsed.ok) {
    reader.unread.push({ why: parsed.why === 'too-much' ? 'too-deep' : 'not-shell', span });
    return;
  }
  reader.stack.push({
    node: parsed.script,
    context: {
      ...deeper(context, program),
      names: readNames(parsed.script, context.names.functions),
      place: { shift: code.offset, whole: span },
      host: '',
      input: null,
      pipe: null,
    },
  });
}

const deeper = (context: Context, program: string): Context => ({
  ...context,
  via: [...context.via, program],
  depth: context.depth + 1,
});

/** Builtins and programs that hand their words to what comes later: `echo / | xargs rm`. */
const MENTIONS = new Set(['echo', 'printf', 'set', 'find']);
const MAX_MENTIONED = 64;

/** Keeps words that a variable or a pipeline may turn into targets. */
export function mention(reader: Reader, words: readonly Arg[]): void {
  reader.mentioned.push(...words.slice(0, MAX_MENTIONED - reader.mentioned.length));
}

/** Programs whose output file may be a program. */
const STORES = new Set([
  '',
  'echo',
  'printf',
  'cat',
  'tee',
  'curl',
  'wget',
  'base64',
  'xxd',
  'openssl',
  'gunzip',
]);

/** Notes what may come back as the target, or as the program, of another command. */
function noteTargets(reader: Reader, invocation: Invocation): void {
  const { program, defined, operands, assignments, redirections, effects } = invocation;
  if (defined || MENTIONS.has(program)) mention(reader, operands);
  mention(
    reader,
    assignments.flatMap(({ value }) => (value !== null && /^[/~][/*]*$/.test(value.text) ? [value] : [])),
  );
  if (program === 'read')
    mention(
      reader,
      redirections.flatMap((r) => r.body ?? []),
    );
  if (STORES.has(program))
    for (const { kind, target } of effects) if (kind === 'write') reader.written.add(normalise(target.text));
}

/** Registers a program in every pipeline around it; what a printer prints can be read further on. */
function noteInPipe({ pipe, program, operands, redirections, inFunction }: Invocation): void {
  for (let at = pipe; at !== null; at = at.outer) {
    const { first } = at.line;
    if (!first.has(program)) first.set(program, at.stage);
  }
  if (pipe === null || inFunction !== null || !PRINTERS.has(program)) return;
  const bodies = redirections.flatMap((r) => r.body?.text ?? []);
  const text = program === 'cat' ? bodies.join('\n') : operands.map((o) => o.text).join(' ');
  // `cat file | sh` prints what stands in no text.
  if (program === 'cat' && bodies.length === 0 && operands.length > 0) pipe.line.first.set('', pipe.stage);
  const before = pipe.line.printed.get(pipe.stage);
  if (text !== '') pipe.line.printed.set(pipe.stage, before === undefined ? text : `${before}\n${text}`);
}

function move(reader: Reader, { program, operands }: Invocation, plain: boolean): void {
  const [to] = operands;
  const target = program === 'popd' || to?.text === '-' ? null : to === undefined ? '~' : to.text;
  const known = target !== null && (to === undefined || to.variables.length + Number(to.substitution) === 0);
  const directory = known ? join(reader.directories[0] ?? null, target) : null;
  reader.directories = plain ? [directory] : [...reader.directories, directory].slice(-MAX_DIRECTORIES);
}

function join(from: string | null, to: string): string | null {
  if (/^[/~]/.test(to) || from === '') return to;
  return from === null || from.length > 1000 ? null : `${from}/${to}`;
}
