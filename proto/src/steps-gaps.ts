import { forEachChild, type HereDoc, type ParsedScript, type SyntaxNode } from 'unbash';

/** UTF-16 offsets, end excluded. */
export type Span = readonly [start: number, end: number];

/** What stands between two steps, once here-documents' bodies, comments and blanks are taken away. */
export interface Gap {
  readonly operator: '' | '&&' | '||' | ';' | '&';
  /** Whether a line ends in it. */
  readonly newline: boolean;
}

interface Placed {
  readonly span: Span;
  readonly background: boolean;
  readonly operator: '&&' | '||' | null;
}

/**
 * Reads what stands before each step, by a scanner that shares nothing with the parser: both must agree on
 * where steps end before anything is inserted there. Undefined when they do not, or when an insertion at a
 * step's start or end would become part of a word or of a here-document's body.
 */
export function readGaps(
  command: string,
  steps: readonly Placed[],
  documents: readonly Span[],
): readonly Gap[] | undefined {
  if (!steps.every((step) => isInsertable(command, step.span, documents))) return undefined;
  const gaps: Gap[] = [];
  let from = 0;
  for (const [index, step] of steps.entries()) {
    const gap = readGap(outside(command, [from, step.span[0]], documents), index === 0);
    if (gap === undefined || !agrees(gap, step, steps[index - 1])) return undefined;
    gaps.push(gap);
    from = step.span[1];
  }
  const tail = readGap(outside(command, [from, command.length], documents), false);
  const last = steps.at(-1);
  if (tail === undefined || (tail.operator === '&') !== (last?.background ?? false)) return undefined;
  return tail.operator === '&&' || tail.operator === '||' ? undefined : gaps;
}

/** Where the bodies of here-documents stand, or undefined when one of them does not end where it must. */
export function hereDocs(script: ParsedScript): readonly Span[] | undefined {
  const spans: Span[] = [];
  const stack: SyntaxNode[] = [...script.commands];
  let sound = true;
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.type === 'HereDoc') {
      const span = bodyOf(node);
      if (span === undefined) return undefined;
      spans.push(span);
    }
    forEachChild(node, (child) => {
      // A body that leaves its substitution would be read as commands by the next shell along.
      if (child.type === 'Script') sound &&= closesInside(child as ParsedScript);
      else stack.push(child);
    });
  }
  return sound ? spans : undefined;
}

function closesInside(nested: ParsedScript): boolean {
  const stack: SyntaxNode[] = [...nested.commands];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.type === 'HereDoc') {
      const span = bodyOf(node);
      // Positions in backquotes count from the decoded text, which the substitution's own end does not.
      const end = nested.source === undefined ? nested.end : nested.source.length;
      if (span === undefined || span[1] > end) return false;
    }
    if (node.type === 'Script') {
      if (!closesInside(node as ParsedScript)) return false;
      continue;
    }
    forEachChild(node, (child) => {
      stack.push(child);
    });
  }
  return true;
}

function bodyOf(document: HereDoc): Span | undefined {
  return document.closing && [document.body.pos, document.closing.end];
}

function agrees(gap: Gap, step: Placed, before: Placed | undefined): boolean {
  if (before === undefined) return gap.operator === '';
  if (step.operator !== null) return gap.operator === step.operator;
  if (before.background) return gap.operator === '&';
  return gap.operator === ';' || (gap.operator === '' && gap.newline);
}

function isInsertable(command: string, span: Span, documents: readonly Span[]): boolean {
  const inDocument = (at: number) => documents.some(([start, end]) => at >= start && at < end);
  if (span[0] >= span[1] || span.some(inDocument)) return false;
  const before = command.slice(Math.max(0, span[0] - 1), span[0]);
  const after = command.slice(span[1], span[1] + 1);
  let backslashes = 0;
  while (command[span[1] - 1 - backslashes] === '\\') backslashes++;
  return /^[ \t\n;&|]?$/.test(before) && /^[ \t\n;&|\\]?$/.test(after) && backslashes % 2 === 0;
}

/** The part of a text that is in no here-document. */
function outside(command: string, span: Span, documents: readonly Span[]): string {
  let text = '';
  let at = span[0];
  const inside = documents.filter(([start, end]) => start < span[1] && end > span[0]);
  for (const [start, end] of [...inside].sort((a, b) => a[0] - b[0])) {
    if (start > at) text += command.slice(at, start);
    at = Math.max(at, end);
  }
  return at < span[1] ? text + command.slice(at, span[1]) : text;
}

function readGap(text: string, first: boolean): Gap | undefined {
  let operator: Gap['operator'] = '';
  let newline = false;
  let wordMayStart = first;
  for (let at = 0; at < text.length; ) {
    const char = text[at];
    const found: Gap['operator'] = operator === '' && !newline ? operatorAt(text, at) : '';
    if (char === ' ' || char === '\t') at++;
    else if (char === '\n') {
      newline = true;
      at++;
    } else if (text.startsWith('\\\n', at)) {
      // A continuation joins: what follows it may still belong to the word before it.
      at += 2;
      continue;
    } else if (char === '#' && wordMayStart) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if (found !== '') {
      operator = found;
      at += found.length;
    } else return undefined;
    wordMayStart = true;
  }
  return { operator, newline };
}

function operatorAt(text: string, at: number): Gap['operator'] {
  const two = text.slice(at, at + 2);
  if (two === '&&' || two === '||') return two;
  const one = text[at];
  return one === ';' || one === '&' ? one : '';
}
