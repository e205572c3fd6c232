// Control characters (C0, DEL, C1); whatever has no shape of its own (zero-width, bidi marks, variation selectors, tags, fillers);
// marks that reorder text (Trojan Source, CVE-2021-42574); separators of lines; halves of surrogate pairs.
const UNSEEN = /[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}\ufff9-\ufffb]/gu;

/**
 * Text that shows on a terminal what it holds and does nothing to it: control characters, escapes and marks that
 * change direction or have no width come out as `\x1b`, `\u202e` or `\u{e0041}`. Newline and tab stay.
 */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => {
    if (character === '\n' || character === '\t') return character;
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x100) return `\\x${hex(code, 2)}`;
    return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 5)}}`;
  });
}

/**
 * JSON that a terminal may show: nothing that {@link visible} would change stands in it but the newlines of the
 * indentation, and it parses to what `JSON.stringify` would give. What JSON cannot hold, such as undefined, is null.
 */
export function safeJson(value: unknown, space?: number): string {
  const text: string | undefined = JSON.stringify(value, null, space);
  // Inside strings JSON has escaped its newlines already: raw ones are indentation.
  return (text ?? 'null').replace(UNSEEN, (character) =>
    character === '\n' ? character : escaped(character),
  );
}

/** A character as JSON escapes it, by its UTF-16 units. */
function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, i) => `\\u${hex(character.charCodeAt(i), 4)}`).join('');
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
