/** What a sed script does beside printing. */
export interface SedScript {
  readonly executes: boolean;
  readonly writes: boolean;
}

/**
 * Reads a sed script as GNU sed does: addresses, then a command letter with its arguments, so that an `e` or `w`
 * inside a regular expression or a text is not taken for a command. One pass, no backtracking.
 */
export function readSed(script: string): SedScript {
  const plain = scan(script, false);
  const bracketed = script.includes('[') ? scan(script, true) : plain;
  // Implementations differ on whether a delimiter in brackets ends the expression: believe the worse reading.
  return { executes: plain.executes || bracketed.executes, writes: plain.writes || bracketed.writes };
}

function scan(script: string, brackets: boolean): SedScript {
  let executes = false;
  let writes = false;
  for (let at = 0; at < script.length; ) {
    at = skipAddress(script, at, brackets);
    const letter = script[at] ?? '';
    if (letter === 's' || letter === 'y') {
      const flags = flagsOfSubstitution(script, at, brackets);
      executes ||= letter === 's' && flags.text.replace(/w.*$/, '').includes('e');
      writes ||= letter === 's' && flags.text.includes('w');
      at = flags.end;
    } else {
      executes ||= letter === 'e';
      writes ||= letter === 'w' || letter === 'W';
      at = endOfArguments(script, at + 1, letter);
    }
  }
  return { executes, writes };
}

function flagsOfSubstitution(script: string, at: number, brackets: boolean): { text: string; end: number } {
  const delimiter = script[at + 1];
  const replacement = endOfDelimited(script, at + 2, delimiter, brackets && script[at] === 's');
  const end = endOfDelimited(script, replacement, delimiter, false);
  const text = /^[a-zA-Z0-9]*/.exec(script.slice(end, end + 32))?.[0] ?? '';
  return { text, end: text.includes('w') ? endOfLine(script, end) : end + text.length };
}

function endOfArguments(script: string, from: number, letter: string): number {
  if (letter === 'e' || letter === 'w' || letter === 'W') return endOfLine(script, from);
  if ('btT'.includes(letter) && letter !== '') return endOfLabel(script, from);
  return 'aicrR:#'.includes(letter) && letter !== '' ? endOfText(script, from) : from;
}

function skipAddress(script: string, from: number, brackets: boolean): number {
  let at = from;
  while (at < script.length) {
    const mark = script[at] ?? '';
    if (mark === '/') at = endOfDelimited(script, at + 1, '/', brackets);
    else if (mark === '\\' && script[at + 1] !== undefined)
      at = endOfDelimited(script, at + 2, script[at + 1], brackets);
    else if (!/[\s\d,$!~+;{}IM]/.test(mark)) return at;
    else at += 1;
  }
  return at;
}

/** The offset behind the delimiter that closes what is open at `from`. */
function endOfDelimited(
  script: string,
  from: number,
  delimiter: string | undefined,
  brackets: boolean,
): number {
  let at = from;
  for (; at < script.length && script[at] !== delimiter; at++) {
    if (script[at] === '\\') at += 1;
    else if (brackets && script[at] === '[') at = endOfBracket(script, at);
  }
  return at + 1;
}

/** The offset of the `]` that ends a bracket expression; where there is none, of its `[`. */
function endOfBracket(script: string, from: number): number {
  const first = script[from + 1] === '^' ? from + 2 : from + 1;
  const end = script.indexOf(']', first + 1);
  return end < 0 || end - from > 200 ? from : end;
}

function endOfLine(script: string, from: number): number {
  const end = script.indexOf('\n', from);
  return end < 0 ? script.length : end + 1;
}

function endOfLabel(script: string, from: number): number {
  let at = from;
  while (at < script.length && script[at] !== ';' && script[at] !== '\n' && script[at] !== '}') at += 1;
  return at;
}

/** A text goes on over line ends that are escaped. */
function endOfText(script: string, from: number): number {
  let end = endOfLine(script, from);
  while (end < script.length && script[end - 2] === '\\') end = endOfLine(script, end);
  return end;
}
