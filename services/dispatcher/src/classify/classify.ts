import type { Risk, RiskReason } from '@drylane/proto/risk';
import { parseShell } from '@drylane/proto/shell';
import type { Invocation, Model, Unread } from './model.ts';
import { readModel } from './read.ts';
import { RULES, rulesFor } from './rules/index.ts';
import { levelOf, scoreOf, type Thresholds } from './score.ts';

/** Reasons kept, the heaviest first; a person reads the first few. */
const MAX_REASONS = 100;
/** More than the commands that are read: a rule of a policy asks whether a program is among them. */
const MAX_PROGRAMS = 1000;

/**
 * Scores what a command may do, from its text alone: never from what its planner says about it. Pure and never
 * throws; takes milliseconds however hostile the text. What cannot be parsed, or is too large to be, is high.
 * @param thresholds points, 0–10, from which on the level is medium and high
 */
export function classify(command: string, thresholds: Thresholds): Risk {
  const parsed = parseShell(command);
  if (!parsed.ok) return unreadable(command, UNREADABLE[parsed.why]);
  const model = readModel(parsed.script, command.length);
  const reasons = sortReasons([...model.unread.map(reasonOfUnread), ...model.invocations.flatMap(reasonsOf)]);
  const { score, dimensions } = scoreOf(reasons);
  return {
    score,
    level: levelOf(score, thresholds),
    dimensions,
    reasons: reasons.slice(0, MAX_REASONS),
    programs: programsOf(model),
    opaque: reasons.some((reason) => OPAQUE.has(reason.rule)),
    parsed: true,
  };
}

const UNREADABLE = {
  'too-much': 'the text is too long or too nested to be read',
  'not-shell': 'the text is not valid shell, so nothing in it can be relied on',
} as const;

const UNREAD: Record<Unread['why'], { readonly points: number; readonly message: string }> = {
  'too-deep': { points: 8, message: 'nests commands in commands deeper than is read' },
  'too-many': { points: 8, message: 'holds more commands than are read' },
  'not-shell': { points: 6, message: 'hands a text to a shell that is not valid shell' },
  built: { points: 5, message: 'builds the commands that a shell runs' },
};

const OPAQUE: ReadonlySet<string> = new Set([
  ...RULES.filter((rule) => rule.opaque).map((rule) => rule.id),
  ...Object.keys(UNREAD).map((why) => `unread-${why}`),
]);

function reasonOfUnread({ why, span }: Unread): RiskReason {
  const { points, message } = UNREAD[why];
  return { rule: `unread-${why}`, dimension: 'write', points, span: [...span], message };
}

/** One reason for each rule that speaks about a command. */
function reasonsOf(command: Invocation): RiskReason[] {
  return rulesFor(command).flatMap((rule) => {
    const hit = rule.when === undefined ? true : rule.when(command);
    if (!hit) return [];
    const span = hit === true ? command.span : hit.span;
    const { id, dimension, points, message } = rule;
    return [{ rule: id, dimension, points, span: [span[0], span[1]], message }];
  });
}

/** Heaviest first, then in the order of the text; the same rule at the same place is said once. */
function sortReasons(reasons: readonly RiskReason[]): RiskReason[] {
  const once = new Map(reasons.map((r) => [`${r.rule} ${r.span[0]} ${r.span[1]}`, r]));
  return [...once.values()].sort((a, b) => b.points - a.points || a.span[0] - b.span[0]);
}

/** Names of the programs it starts, as they are written, without directories. */
function programsOf({ invocations }: Model): string[] {
  const names = invocations.flatMap(({ program, name }) =>
    program === '' || name === null ? [] : [name.text.slice(name.text.lastIndexOf('/') + 1)],
  );
  return [...new Set(names)].slice(0, MAX_PROGRAMS);
}

/** Nothing of such a text can be told, so every dimension is at its worst, whatever the thresholds are. */
function unreadable(command: string, message: string): Risk {
  return {
    score: 10,
    level: 'high',
    dimensions: { write: 10, network: 10, credential: 10, blast_radius: 10 },
    reasons: [{ rule: 'unreadable', dimension: 'write', points: 10, span: [0, command.length], message }],
    programs: [],
    opaque: true,
    parsed: false,
  };
}
