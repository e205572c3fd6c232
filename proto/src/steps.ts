import type { CommandNode, Pipeline, PipelineNode, Statement } from 'unbash';
import { parseShell } from './shell.ts';
import { hereDocs, readGaps, type Span } from './steps-gaps.ts';
import { whyOpaque } from './steps-rules.ts';

/** More steps than this are one: nobody reads them one by one, and each costs a round trip. */
export const MAX_STEPS = 1000;

/** The most bytes of a wrapped command; the kernel takes 131,072 as one argument. */
export const MAX_WRAPPED_BYTES = 120_000;

/** What a wrapped command is longer than its text, at most: once, and for each step. */
const PREAMBLE_BYTES = 2000;
const STEP_BYTES = 110;

/** PIPESTATUS of more commands than this would not fit one atomic write to a FIFO. */
const MAX_REPORTED_COMMANDS = 500;

export type ShellName = 'bash' | 'sh';

export type StepOperator = '&&' | '||' | ';' | '&' | null;

/** One pipeline of the command's top-level lists; a background job is one step with all that is in it. */
export interface Step {
  readonly index: number;
  /** As written, without the bodies of its here-documents where they follow on later lines. */
  readonly text: string;
  /** What joins it to the step before it; a newline is `;`. */
  readonly operator: StepOperator;
  /** UTF-16 offsets in the command, end excluded. */
  readonly span: Span;
  readonly negated: boolean;
  readonly background: boolean;
  /** Counts the complete commands the shell reads one after another: a failed expansion gives up one of them. */
  readonly unit: number;
  /** Whether an end marker follows it. Not after a background job, nor after the command the shell becomes. */
  readonly marked: boolean;
  /** Where its pipe status is told: by its own exit status, by PIPESTATUS, or nowhere. */
  readonly pipeStatus: 'own' | 'reported' | 'unknown';
}

/** How a command is split, or why it stays whole. */
export type StepPlan =
  | { readonly opaque: false; readonly shell: ShellName; readonly steps: readonly Step[] }
  | {
      readonly opaque: true;
      readonly shell: ShellName;
      readonly steps: readonly [Step];
      /** A static sentence. */
      readonly reason: string;
    };

/**
 * Splits a command into its steps. A text that cannot be split for certain, or that would not behave the same
 * with markers in it, is one opaque step. Never throws, whatever the text.
 */
export function splitSteps(command: string, shell: ShellName): StepPlan {
  const parsed = parseShell(command);
  if (!parsed.ok) return opaquePlan(command, shell, 'the text does not parse');

  const reason = whyOpaque(command, parsed.script, shell);
  if (reason !== undefined) return opaquePlan(command, shell, reason);

  const drafts = parsed.script.commands.flatMap((statement, at) => draftStatement(statement, at > 0));
  if (drafts.length === 0) return opaquePlan(command, shell, 'the text holds no command');
  if (drafts.length > MAX_STEPS) return opaquePlan(command, shell, 'the text has too many steps');
  if (Buffer.byteLength(command) + PREAMBLE_BYTES + drafts.length * STEP_BYTES > MAX_WRAPPED_BYTES)
    return opaquePlan(command, shell, 'the text is too long to mark its steps');

  const documents = hereDocs(parsed.script);
  const gaps = documents && readGaps(command, drafts, documents);
  if (gaps === undefined)
    return opaquePlan(command, shell, 'it is not certain where each step of the text ends');
  return { opaque: false, shell, steps: finish(command, shell, drafts, gaps) };
}

/** A plan with the whole text as its one step. */
export function opaquePlan(command: string, shell: ShellName, reason: string): StepPlan {
  const step: Step = {
    index: 0,
    text: command,
    operator: null,
    span: [0, command.length],
    negated: false,
    background: false,
    unit: 0,
    marked: false,
    pipeStatus: 'unknown',
  };
  return { opaque: true, shell, steps: [step], reason };
}

interface Draft {
  readonly node: PipelineNode | Statement['command'];
  readonly span: Span;
  readonly background: boolean;
  /** What the tree says stands before it; null where one statement follows another. */
  readonly operator: '&&' | '||' | null;
  readonly first: boolean;
}

function draftStatement(statement: Statement, follows: boolean): Draft[] {
  const { command } = statement;
  const background = statement.background === true;
  if (command.type !== 'AndOr' || background)
    return [
      {
        node: command,
        span: [command.pos, command.end],
        background,
        operator: null,
        first: !follows,
      },
    ];
  return command.commands.map((node, at) => ({
    node,
    span: [node.pos, node.end],
    background: false,
    operator: at === 0 ? null : (command.operators[at - 1] ?? null),
    first: !follows && at === 0,
  }));
}

function finish(
  command: string,
  shell: ShellName,
  drafts: readonly Draft[],
  gaps: readonly { readonly newline: boolean }[],
): Step[] {
  let unit = 0;
  const steps = drafts.map((draft, index): Step => {
    if (index > 0 && draft.operator === null && gaps[index]?.newline === true) unit++;
    const { node, span, background } = draft;
    return {
      index,
      text: command.slice(span[0], span[1]),
      operator: index === 0 ? null : (draft.operator ?? (drafts[index - 1]?.background ? '&' : ';')),
      span,
      negated: node.type === 'Pipeline' && isNegated(node),
      background,
      unit,
      marked: !background,
      pipeStatus: background ? 'unknown' : whereTold(node, shell),
    };
  });
  return steps.map((step, at) =>
    at === steps.length - 1 && isReplaced(step, drafts[at], command) ? { ...step, marked: false } : step,
  );
}

function isNegated(pipeline: Pipeline): boolean {
  return pipeline.prefixes.filter((prefix) => prefix.type === 'Negation').length % 2 === 1;
}

function whereTold(node: Draft['node'], shell: ShellName): Step['pipeStatus'] {
  if (node.type === 'AndOr') return 'unknown';
  if (node.type !== 'Pipeline') return 'own';
  const { commands, prefixes } = node;
  const known = commands.length > 1 || isSimple(commands[0]);
  if (prefixes.length === 0 && commands.length === 1) return 'own';
  return shell === 'bash' && known && commands.length <= MAX_REPORTED_COMMANDS ? 'reported' : 'unknown';
}

function isSimple(node: CommandNode | undefined): boolean {
  return node?.type === 'Command';
}

/**
 * Whether the shell turns into this command instead of waiting for it: then a signal that ends the command ends
 * the shell, and a marker would change that. Its end is the shell's end, unless a trap has the last word or
 * an earlier unit may have been given up.
 */
function isReplaced(step: Step, draft: Draft | undefined, command: string): boolean {
  return step.unit === 0 && draft?.node.type === 'Command' && !step.background && !/trap/.test(command);
}
