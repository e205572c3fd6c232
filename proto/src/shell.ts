import { forEachChild, type ParsedScript, parse, type SyntaxNode } from 'unbash';
import { isAffordable } from './affordable.ts';

/** A text's syntax tree, or why there is none that can be relied on. */
export type ParsedShell =
  | { readonly ok: true; readonly script: ParsedScript }
  | { readonly ok: false; readonly why: 'too-much' | 'not-shell'; readonly reason: string };

/**
 * Parses bash. The grammar is tolerant, so a tree counts only when neither it nor anything nested in it
 * (substitutions, here-documents) reports an error. Never throws, and takes milliseconds however hostile the text:
 * what cannot be parsed, or would take longer, is `ok: false`.
 */
export function parseShell(text: string): ParsedShell {
  if (!isAffordable(text)) return tooMuch('the text is too long or too nested to be read');
  try {
    const script = parse(text);
    const error = firstError(script);
    return error === undefined ? { ok: true, script } : { ok: false, why: 'not-shell', reason: error };
  } catch (cause) {
    // The parser recurses: a hostile nest overflows the stack, which must mean unreadable and nothing else.
    return cause instanceof RangeError
      ? tooMuch('the text nests too deep')
      : { ok: false, why: 'not-shell', reason: 'the parser gave up' };
  }
}

function tooMuch(reason: string): ParsedShell {
  return { ok: false, why: 'too-much', reason };
}

function firstError(root: SyntaxNode): string | undefined {
  const stack: SyntaxNode[] = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const message = node.type === 'Script' ? (node as ParsedScript).errors?.[0]?.message : undefined;
    if (message !== undefined) return message;
    forEachChild(node, (child) => {
      stack.push(child);
    });
  }
  return undefined;
}
