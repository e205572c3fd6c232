/** A group that is repeated without end, and holds nothing but what is repeated without end. */
export interface Trap {
  readonly at: number;
  readonly group: string;
  readonly simpler: string;
}

interface Open {
  readonly at: number;
  /** Of the alternative that is being read: whether something stands in it that must be there, and something without end. */
  fixed: boolean;
  endless: boolean;
  /** Whether an alternative was read that is endless, and has nothing fixed in it. */
  loose: boolean;
}

const opened = (at: number): Open => ({ at, fixed: false, endless: false, loose: false });

// A part of a pattern that is no group: an escape, a class, or any one character.
export const ATOM =
  /\\[pP](?:\{[^}]*\}|\w)|\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\\[\s\S]|\[:\w+:\]|[^\]\\])*\]|[\s\S]/y;
export const GROUP = /\((?:\?(?:P?<\w+>|[a-zA-Z-]*[:)]))?/y;
export const REPEAT = /(?:[*+?]|\{(\d*)(,?)(\d*)\})\??/y;

/**
 * The first place where a pattern repeats what is all repetition, as in `(a+)+`: there are then exponentially many ways to
 * read one text. `([a-z]+\.)*` is none: the dot says where each part ends.
 */
export function trapIn(pattern: string): Trap | undefined {
  const stack: Open[] = [opened(0)];
  let at = 0;
  const take = (token: RegExp): RegExpExecArray | null => {
    token.lastIndex = at;
    const found = token.exec(pattern);
    if (found !== null) at = token.lastIndex;
    return found;
  };
  while (at < pattern.length) {
    const start = at;
    const group = take(GROUP);
    if (group !== null) {
      if (!group[0].endsWith(')')) stack.push(opened(start));
      continue;
    }
    const inner = stack.at(-1) ?? opened(0);
    const [atom = ''] = take(ATOM) ?? [];
    if (atom === '|') {
      next(inner);
      continue;
    }
    if (atom !== ')' || stack.length === 1) {
      note(inner, take(REPEAT), false);
      continue;
    }
    next(inner);
    stack.pop();
    const until = at;
    const repeat = take(REPEAT);
    if (inner.loose && isEndless(repeat)) return trap(pattern, inner.at, until);
    note(stack.at(-1) ?? opened(0), repeat, inner.loose);
  }
  return undefined;
}

function isEndless(repeat: RegExpExecArray | null): boolean {
  if (repeat === null) return false;
  return /^[*+]/.test(repeat[0]) || (repeat[2] === ',' && repeat[3] === '');
}

/** Notes a part of the alternative that is being read. */
function note(open: Open, repeat: RegExpExecArray | null, loose: boolean): void {
  if (isEndless(repeat) || (loose && repeat === null)) open.endless = true;
  else if (repeat === null || !/^(\?|\{0)/.test(repeat[0])) open.fixed = true;
}

/** Ends an alternative. */
function next(open: Open): void {
  open.loose ||= open.endless && !open.fixed;
  open.fixed = false;
  open.endless = false;
}

function trap(pattern: string, at: number, until: number): Trap {
  const group = pattern.slice(at, until);
  const body = group.slice(0, -1).replace(/^\((\?(P?<\w+>|[a-zA-Z-]*:))?/, '');
  return { at, group, simpler: /^[^()|]+$/.test(body) ? body : (body.split('|')[0] ?? body) };
}
