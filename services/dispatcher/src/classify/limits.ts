/** What is longer is not read; the whole envelope may have 100,000 bytes. */
const MAX_LENGTH = 100_000;
/** Words and marks of a text, weighed by what they cost to parse: about 2 µs a point. */
const MAX_WEIGHT = 9_000;
/** Brackets open at once, times length: each level of substitution is read again. */
const MAX_REREADING = 500_000;

/**
 * Whether a text can be parsed and read within a few milliseconds, told by one scan without a grammar. It errs
 * on the safe side: brackets in quotes count too.
 */
export function isAffordable(text: string): boolean {
  if (text.length > MAX_LENGTH) return false;
  let weight = 0;
  let open = 0;
  let deepest = 1;
  let before: Mark = MARK.blank;
  for (let i = 0; i < text.length; i++) {
    const mark = MARKS[text.charCodeAt(i)] ?? MARK.other;
    if (before === MARK.blank && mark !== MARK.blank) weight += 1;
    weight += WEIGHT[mark];
    if (mark === MARK.opens) deepest = Math.max(deepest, ++open);
    else if (mark === MARK.closes && open > 0) open -= 1;
    before = mark;
  }
  return weight <= MAX_WEIGHT && deepest * text.length <= MAX_REREADING;
}

const MARK = { other: 0, blank: 1, light: 2, costly: 3, opens: 4, closes: 5 } as const;
type Mark = (typeof MARK)[keyof typeof MARK];
const WEIGHT: Record<Mark, number> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 2, 5: 2 };

/** What a character is, by its code; characters that are not in the table are `other`. */
const MARKS: readonly Mark[] = Array.from({ length: 128 }, (_, code) => {
  const mark = String.fromCharCode(code);
  if (' \t'.includes(mark)) return MARK.blank;
  if ('({'.includes(mark)) return MARK.opens;
  if (')}'.includes(mark)) return MARK.closes;
  if ('=+,%^~#:'.includes(mark)) return MARK.light;
  return '\n;&|<>$`"\'[]*?!'.includes(mark) ? MARK.costly : MARK.other;
});
