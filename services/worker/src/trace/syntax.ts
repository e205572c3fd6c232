/** A string in quotes, as where its hexadecimal bytes stand in the line. */
export interface Quoted {
  readonly line: Buffer;
  readonly from: number;
  readonly to: number;
  /** The tracer showed only its beginning. */
  readonly cut: boolean;
}

/** What stands in brackets. */
export interface Group {
  readonly open: '(' | '[' | '{';
  readonly items: readonly Item[];
}

/** An argument, field or element: its text without strings and groups, and those in their order. */
export interface Item {
  readonly text: string;
  readonly strings: readonly Quoted[];
  readonly groups: readonly Group[];
}

/** The arguments of a call, and where in the line they end. */
export interface Arguments {
  readonly items: readonly Item[];
  readonly end: number;
}

const DEEPEST = 16;
const COMMA = 0x2c;
const CLOSES = { '(': 0x29, '[': 0x5d, '{': 0x7d } as const;

interface Cursor {
  readonly line: Buffer;
  at: number;
}

/**
 * Reads the arguments after a call's opening parenthesis. Strings hold nothing but `\xHH`, so no bytes of the
 * command can end one early; undefined for what the tracer would not write.
 */
export function readArguments(line: Buffer, from: number): Arguments | undefined {
  const cursor: Cursor = { line, at: from };
  const items = readItems(cursor, CLOSES['('], 0);
  return items && { items, end: cursor.at };
}

/** Reads items up to a closing bracket and steps over it. */
function readItems(cursor: Cursor, close: number, depth: number): readonly Item[] | undefined {
  const items: Item[] = [];
  if (depth > DEEPEST) return undefined;
  for (;;) {
    while (cursor.line[cursor.at] === 0x20) cursor.at += 1;
    if (cursor.line[cursor.at] === close && items.length === 0) {
      cursor.at += 1;
      return items;
    }
    const item = readItem(cursor, depth);
    if (item === undefined) return undefined;
    items.push(item);
    const byte = cursor.line[cursor.at++];
    if (byte === close) return items;
    if (byte !== COMMA) return undefined;
  }
}

function readItem(cursor: Cursor, depth: number): Item | undefined {
  let text = '';
  const strings: Quoted[] = [];
  const groups: Group[] = [];
  for (;;) {
    const byte = cursor.line[cursor.at];
    if (byte === COMMA || isClosing(byte)) return { text, strings, groups };
    const part = readPart(cursor, byte, depth);
    if (part === undefined) return undefined;
    if (typeof part === 'string') text += part;
    else if ('open' in part) groups.push(part);
    else strings.push(part);
  }
}

function readPart(
  cursor: Cursor,
  byte: number | undefined,
  depth: number,
): string | Quoted | Group | undefined {
  switch (byte) {
    case undefined:
      return undefined;
    case 0x22:
      return readString(cursor);
    case 0x28:
      return readGroup(cursor, '(', depth);
    case 0x5b:
      return readGroup(cursor, '[', depth);
    case 0x7b:
      return readGroup(cursor, '{', depth);
    default:
      return readPlain(cursor);
  }
}

function readString(cursor: Cursor): Quoted | undefined {
  const { line } = cursor;
  const from = cursor.at + 1;
  const to = line.indexOf(0x22, from);
  if (to < 0) return undefined;
  const cut = line[to + 1] === 0x2e && line[to + 2] === 0x2e && line[to + 3] === 0x2e;
  cursor.at = to + (cut ? 4 : 1);
  return { line, from, to, cut };
}

function readGroup(cursor: Cursor, open: Group['open'], depth: number): Group | undefined {
  cursor.at += 1;
  const items = readItems(cursor, CLOSES[open], depth + 1);
  return items && { open, items };
}

/** Text up to the next bracket, quote or comma; a descriptor's `<…>` belongs to it whole, a comment does not. */
function readPlain(cursor: Cursor): string | undefined {
  const { line } = cursor;
  const from = cursor.at;
  for (let at = from; at < line.length; at++) {
    const byte = line[at] ?? 0;
    if (byte === 0x3c && isDigit(line[at - 1]) && line[at + 1] !== 0x3c) {
      at = endOfDecoration(line, at);
      if (at < 0) return undefined;
    } else if (byte === 0x2f && line[at + 1] === 0x2a) {
      const end = line.indexOf('*/', at + 2, 'latin1');
      if (end < 0) return undefined;
      cursor.at = end + 2;
      return line.toString('latin1', from, at);
    } else if (isStructure(byte)) {
      cursor.at = at;
      return line.toString('latin1', from, at);
    }
  }
  return undefined;
}

/** The last byte of a decoration; `->` does not close it, and a device's has another inside. */
function endOfDecoration(line: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < line.length; at++) {
    if (line[at] === 0x3c) depth += 1;
    else if (line[at] === 0x3e && line[at - 1] !== 0x2d && --depth === 0) return at;
  }
  return -1;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isClosing(byte: number | undefined): boolean {
  return byte === 0x29 || byte === 0x5d || byte === 0x7d;
}

function isStructure(byte: number): boolean {
  return (
    byte === COMMA || byte === 0x22 || byte === 0x28 || byte === 0x5b || byte === 0x7b || isClosing(byte)
  );
}

const HEX = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(byte));
  return digit < 0 ? 0xff : digit;
});

/** The bytes that a string of `\xHH` stands for; undefined for any other way to write them. */
export function unquote({ line, from, to }: Quoted): Buffer | undefined {
  const length = (to - from) >> 2;
  if (length * 4 !== to - from) return undefined;
  const bytes = Buffer.allocUnsafe(length);
  let wrong = 0;
  for (let at = from, out = 0; at < to; at += 4, out++) {
    const high = HEX[line[at + 2] as number] as number;
    const low = HEX[line[at + 3] as number] as number;
    wrong |= ((line[at] as number) ^ 0x5c) | ((line[at + 1] as number) ^ 0x78) | ((high | low) & 0xf0);
    bytes[out] = (high << 4) | low;
  }
  return wrong === 0 ? bytes : undefined;
}
