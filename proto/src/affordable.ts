/** What is longer is not read; the whole envelope may have 100,000 bytes. */
const MAX_LENGTH = 100_000;
/** Words and marks of a text, weighed by what they cost to parse: about 2 µs a point. */
const MAX_WEIGHT = 9_000;
/** Characters that are read once more for each substitution they may stand in: about 15 ns each. */
const MAX_REREADING = 700_000;
/** Arithmetic is scanned several times at each level. */
const ARITHMETIC = 3;

/**
 * Whether a text can be parsed and read within a few milliseconds, told by one scan without a grammar. It errs
 * on the safe side: quotes hide nothing, and whatever opens is taken to reach to the end, since a closing bracket
 * may stand in quotes.
 */
export function isAffordable(text: string): boolean {
  if (text.length > MAX_LENGTH) return false;
  let weight = 0;
  let rereading = 0;
  let before: Mark = MARK.blank;
  for (let i = 0; i < text.length; i++) {
    const mark = MARKS[text.charCodeAt(i)] ?? MARK.other;
    if (before === MARK.blank && mark !== MARK.blank) weight += 1;
    weight += WEIGHT[mark];
    if (mark === MARK.opens) rereading += levelsAt(text, i) * (text.length - i);
    before = mark;
  }
  return weight <= MAX_WEIGHT && rereading <= MAX_REREADING;
}

/** How many times more what follows is read because of the bracket or backtick at `at`. */
function levelsAt(text: string, at: number): number {
  const mark = text[at];
  const before = text[at - 1] ?? '';
  if (mark === '`') return 1;
  if (mark === '[') return before === '$' ? ARITHMETIC : 0;
  if (mark === '{') return before === '$' && !isPlainVariable(text, at) ? 1 : 0;
  if (before === '(' || text[at + 1] === '(') return ARITHMETIC;
  return '$<>='.includes(before) && before !== '' ? 1 : 0;
}

/** `${name}`, of which there may be many. */
function isPlainVariable(text: string, at: number): boolean {
  let end = at + 1;
  while (end < at + MAX_NAME && /\w/.test(text[end] ?? '')) end++;
  return text[end] === '}';
}

const MAX_NAME = 64;

const MARK = { other: 0, blank: 1, light: 2, costly: 3, opens: 4 } as const;
type Mark = (typeof MARK)[keyof typeof MARK];
const WEIGHT: Record<Mark, number> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 2 };

/** What a character is, by its code; characters that are not in the table are `other`. */
const MARKS: readonly Mark[] = Array.from({ length: 128 }, (_, code) => {
  const mark = String.fromCharCode(code);
  if (' \t'.includes(mark)) return MARK.blank;
  if ('({[`'.includes(mark)) return MARK.opens;
  if ('=+,%^~#:/\\'.includes(mark)) return MARK.light;
  return '\n;&|<>$"\'])}*?!'.includes(mark) ? MARK.costly : MARK.other;
});
