import { isUtf8 } from 'node:buffer';
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseDocument,
  type YAMLError,
} from 'yaml';
import type { Problem } from './errors.ts';
import { dotted, printable } from './fields.ts';
import { hazardsOf, keyName, TOO_DEEP } from './hazards.ts';
import { sourceOffset } from './scalars.ts';

/** The most bytes an envelope or a policy may have. */
export const MAX_DOCUMENT_BYTES = 1024 * 1024;

// The reader takes about 10 µs a token; a policy with 500 rules and 3,000 patterns has 25,000 of them.
const MAX_TOKENS = 50_000;
const MAX_SYNTAX_PROBLEMS = 3;

type Path = readonly PropertyKey[];

/** A document that holds nothing but mappings, lists, text, numbers, true, false and null. */
export interface Tree {
  readonly value: unknown;
  /** `name:line:column` of the value at a path, or of its key; of the nearest place above it if it is missing. */
  readonly place: (path: Path, at?: 'key' | 'value') => string;
  /** The same of an offset into the text at a path; of the text's beginning where YAML wrote it otherwise. */
  readonly placeWithin: (path: Path, offset: number) => string;
}

/** Reads YAML, or JSON (which YAML holds); gives the problems instead where it cannot be relied on. */
export function readTree(source: Uint8Array, name: string): Tree | readonly Problem[] {
  const bytesProblem = checkBytes(source, name);
  if (bytesProblem) return [bytesProblem];
  const text = Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString('utf8');
  try {
    if (holdsTooManyTokens(text))
      return [
        {
          field: name,
          message: `holds more than ${MAX_TOKENS} YAML tokens`,
          mend: 'write fewer fields; long lists belong in patterns',
        },
      ];
    return readText(text, name);
  } catch (cause) {
    // Composing recurses: a nest deep enough overflows the stack.
    if (cause instanceof RangeError) return [{ field: name, ...TOO_DEEP }];
    throw cause;
  }
}

function checkBytes(source: Uint8Array, name: string): Problem | undefined {
  if (source.length > MAX_DOCUMENT_BYTES)
    return {
      field: name,
      message: `holds ${source.length} bytes, more than ${MAX_DOCUMENT_BYTES}`,
      mend: 'move large text into files of the workspace',
    };
  if (!isUtf8(source)) return { field: name, message: 'is not UTF-8', mend: 'save it as UTF-8' };
  if (source.includes(0)) return { field: name, message: 'holds a NUL byte', mend: 'remove it' };
  return undefined;
}

function holdsTooManyTokens(text: string): boolean {
  let tokens = 0;
  for (const _ of new Lexer().lex(text)) if (++tokens > MAX_TOKENS) return true;
  return false;
}

function readText(text: string, name: string): Tree | readonly Problem[] {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    merge: false,
    schema: 'core',
    // Its check is quadratic in the number of keys; hazardsOf has a linear one.
    uniqueKeys: false,
  });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const syntax = [...document.errors, ...document.warnings];
  if (syntax.length > 0) {
    const places = new Map(syntax.toReversed().map((e) => [e.pos[0], e]));
    const first = [...places.values()].sort((a, b) => a.pos[0] - b.pos[0]).slice(0, MAX_SYNTAX_PROBLEMS);
    return first.map((e) => ({ field: at(e.pos[0]), ...syntaxProblem(e) }));
  }
  const hazards = hazardsOf(document);
  if (hazards.length > 0)
    return hazards.map(({ node, path, message, mend }) => ({
      field: [at(offsetOf(node) ?? 0), dotted(path)].filter((s) => s !== '').join(' '),
      message,
      mend,
    }));
  return {
    value: document.toJS({ maxAliasCount: 0 }),
    place: (path, part = 'value') => at(locate(document, path, part)),
    placeWithin: (path, offset) => {
      const node = document.getIn(path, true);
      const inside = isScalar(node) ? sourceOffset(text, node, offset) : undefined;
      return at(inside ?? locate(document, path, 'value'));
    },
  };
}

const QUOTE = 'put the whole value in quotes, or under a `|`';
const SYNTAX_MENDS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  BAD_INDENT: 'line it up with the fields beside it',
  BAD_ALIAS: 'put quotes around a value that starts with *',
  BLOCK_AS_IMPLICIT_KEY: `${QUOTE}, or mend the indentation`,
  BAD_SCALAR_START: QUOTE,
  UNEXPECTED_TOKEN: QUOTE,
  MULTILINE_IMPLICIT_KEY: QUOTE,
  MULTIPLE_DOCS: 'give one document, without ---',
  TAG_RESOLVE_FAILED: 'remove the tag, or put quotes around the value',
  MISSING_CHAR: 'add the missing quote, bracket, comma or space',
};

function syntaxProblem(error: YAMLError): { message: string; mend: string } {
  return {
    message:
      error.code === 'MULTIPLE_DOCS' ? 'is the start of a second document' : printable(error.message, 200),
    mend: SYNTAX_MENDS[error.code] ?? 'correct the YAML or JSON there',
  };
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** The offset of what stands at a path, as near as the document has it. */
function locate(document: Document, path: Path, part: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = offsetOf(node) ?? 0;
  for (const [index, step] of path.entries()) {
    const pair = isMap(node) ? node.items.find((p) => keyName(p.key) === String(step)) : undefined;
    const next = pair ? pair.value : isSeq(node) ? node.items[Number(step)] : undefined;
    const wanted = pair && part === 'key' && index === path.length - 1 ? pair.key : next;
    offset = offsetOf(wanted) ?? offsetOf(pair?.key) ?? offset;
    node = next;
  }
  return offset;
}
