import type { Touch } from './touches.ts';

const NAMED = 3;
const LONGEST = 200;

// C0, DEL and C1; soft hyphen, zero-width, bidirectional and line-separating characters; lone surrogates.
const UNSEEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * Text of the command or the planner, fit to stand in a message: what a reader cannot see is written out, so
 * that a file name cannot forge a line of the report, and what is very long loses its middle.
 */
export function shown(text: string): string {
  const cut =
    text.length <= LONGEST ? text : `${text.slice(0, LONGEST / 2)}…${text.slice(text.length - LONGEST / 2)}`;
  return cut.replace(UNSEEN, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** `a, b, c and 4 more`. */
export function listed(items: readonly string[]): string {
  const distinct = [...new Set(items)];
  const first = distinct.slice(0, NAMED).map(shown).join(', ');
  const left = distinct.length - NAMED;
  return left > 0 ? `${first} and ${left} more` : first;
}

/** `1 path`, `3 paths`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

const VERBS = {
  added: 'touched',
  modified: 'touched',
  mode: 'touched',
  deleted: 'deleted',
  type: 'replaced',
} as const satisfies Record<Touch['kind'], string>;

/** `touched a.txt`, `deleted dist and all below it (212 paths)`. */
export function deed(touch: Touch): string {
  const below = touch.entries > 1 ? ` and all below it (${touch.entries} paths)` : '';
  return `${VERBS[touch.kind]} ${shown(touch.path)}${below}`;
}

/** How many paths a list of touches stands for. */
export function total(touches: readonly Touch[]): number {
  return touches.reduce((sum, touch) => sum + touch.entries, 0);
}

/** `, 2 of them deleted: a, b`, or nothing: no summary may hide that something is gone. */
export function deletionsIn(touches: readonly Touch[]): string {
  const gone = touches.filter((touch) => touch.kind === 'deleted');
  if (gone.length === 0) return '';
  return `, ${total(gone)} of them deleted: ${listed(gone.map((touch) => touch.path))}`;
}

/** The step that all of them come from, or null where they come from several or it cannot be told. */
export function oneStep(from: readonly { readonly step: number | null }[]): number | null {
  const first = from[0]?.step ?? null;
  return from.every(({ step }) => step === first) ? first : null;
}
