import { isDeepStrictEqual } from 'node:util';
import {
  RECEIPT_CAPS as CAPS,
  type PathList,
  type ReceiptIntent,
  type ReceiptPredicate,
  SHORTENED_PARTS,
  type Shortened,
} from '@drylane/proto/receipt';

/** The parts of a receipt whose size others choose: the command, whoever wrote it, and what it did. */
export type Parts = Pick<ReceiptPredicate, (typeof SHORTENED_PARTS)[number]>;

/** The parts as a receipt holds them: no text and no list is longer than its cap. */
export function shorten(parts: Parts): Parts {
  const { task, command, intent, risk, reason, decision, approvals, promotion } = parts;
  return {
    task: task === null ? null : cut(task, CAPS.task),
    command: cut(command, CAPS.command),
    intent: intent && shortenIntent(intent),
    risk: risk && { ...risk, reasons: cutEach(risk.reasons, CAPS.reasons, CAPS.message) },
    reason: reason === null ? null : cut(reason, CAPS.text),
    decision: decision && {
      ...decision,
      findings: decision.findings.slice(0, CAPS.findings).map((finding) => ({
        rule: cut(finding.rule, CAPS.path),
        severity: finding.severity,
        message: cut(finding.message, CAPS.message),
        paths: shortenPaths(finding.paths),
      })),
    },
    // Whole or not at all: a signature covers each. The last ones are those that decided.
    approvals: approvals.slice(-CAPS.approvals),
    promotion: promotion && { ...promotion, merged: shortenPaths(promotion.merged) },
  };
}

/** Which parts are not whole any more, and how large they were. */
export function shortenedParts(whole: Parts, kept: Parts): readonly Shortened[] {
  return SHORTENED_PARTS.filter((part) => !isDeepStrictEqual(whole[part], kept[part])).map((part) => ({
    part,
    bytes: jsonBytes(whole[part]),
  }));
}

/** How long a value is as JSON; counted by parts, because the whole can be longer than a text may be. */
function jsonBytes(value: unknown): number {
  if (typeof value !== 'object' || value === null) return Buffer.byteLength(JSON.stringify(value));
  const entries = Object.entries(value);
  const names = Array.isArray(value) ? 0 : entries.reduce((sum, [name]) => sum + jsonBytes(name) + 1, 0);
  const commas = Math.max(0, entries.length - 1);
  return entries.reduce((sum, [, item]) => sum + jsonBytes(item), 2 + names + commas);
}

/** The beginning of a text, in at most so many bytes of JSON; `…` stands at the end of what was longer. */
export function cut(text: string, maxBytes: number): string {
  const whole = text.toWellFormed();
  if (textBytes(whole) <= maxBytes) return whole;
  let room = maxBytes - textBytes('…');
  let end = 0;
  for (const character of whole) {
    room -= textBytes(character);
    if (room < 0) break;
    end += character.length;
  }
  return `${whole.slice(0, end)}…`;
}

const textBytes = (text: string): number => jsonBytes(text) - 2;

function cutEach(texts: readonly string[], maxEntries: number, maxBytes: number): string[] {
  return texts.slice(0, maxEntries).map((text) => cut(text, maxBytes));
}

function shortenPaths({ count, first }: PathList): PathList {
  return { count, first: cutEach(first, CAPS.paths, CAPS.path) };
}

function shortenIntent(intent: ReceiptIntent): ReceiptIntent {
  const { summary, expected_writes, forbidden_paths, network, credentials, expected_exit, reviewer_note } =
    intent;
  const list = (texts: readonly string[]): string[] => cutEach(texts, CAPS.patterns, CAPS.path);
  // Each only where it was: one that is left out says something else than one that is empty.
  return {
    ...intent,
    ...(summary !== undefined && { summary: cut(summary, CAPS.text) }),
    ...(expected_writes && { expected_writes: list(expected_writes) }),
    ...(forbidden_paths && { forbidden_paths: list(forbidden_paths) }),
    ...(network && { network: network === 'none' ? network : list(network) }),
    ...(credentials && { credentials: list(credentials) }),
    ...(expected_exit && { expected_exit: expected_exit.slice(0, CAPS.exits) }),
    ...(reviewer_note !== undefined && { reviewer_note: cut(reviewer_note, CAPS.text) }),
  };
}
