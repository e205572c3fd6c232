import { forEachChild, type ParsedScript, parse, type SyntaxNode } from 'unbash';

/** A text's syntax tree, or why there is none that can be relied on. */
export type ParsedShell =
  | { readonly ok: true; readonly script: ParsedScript }
  | { readonly ok: false; readonly reason: string };

/**
 * Parses bash. The grammar is tolerant, so a tree counts only when neither it nor anything nested in it
 * (substitutions, here-documents) reports an error. Never throws: what cannot be parsed is `ok: false`.
 */
export function parseShell(text: string): ParsedShell {
  try {
    const script = parse(text);
    const error = firstError(script);
    return error === undefined ? { ok: true, script } : { ok: false, reason: error };
  } catch (cause) {
    // The parser recurses: a hostile nest overflows the stack, which must mean unreadable and nothing else.
    return {
      ok: false,
      reason: cause instanceof RangeError ? 'the text nests too deep' : 'the parser gave up',
    };
  }
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
