import { type Document, isAlias, isMap, isNode, isScalar, isSeq } from 'yaml';

type Path = readonly PropertyKey[];
type Trouble = { readonly message: string; readonly mend: string };

/** Something a document must not hold, and the node where it stands. */
export interface Hazard extends Trouble {
  readonly node: unknown;
  readonly path: Path;
}

const MAX_DEPTH = 32;
const MAX_HAZARDS = 20;
const PROTOTYPE_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

export const TOO_DEEP: Trouble = { message: `nests more than ${MAX_DEPTH} deep`, mend: 'flatten it' };

/**
 * What a YAML reader would expand, guess at or hang on: aliases, anchors, tags, directives, depth, keys that
 * are written twice or name a prototype. Time is linear in the document; at most 20 are reported.
 */
export function hazardsOf(document: Document): readonly Hazard[] {
  const found: Hazard[] = [];
  const report = (node: unknown, path: Path, trouble: Trouble): void => {
    if (found.length < MAX_HAZARDS) found.push({ node, path, ...trouble });
  };
  const walk = (node: unknown, path: Path): void => {
    const trouble = path.length > MAX_DEPTH ? TOO_DEEP : nodeTrouble(node);
    if (trouble) report(node, path, trouble);
    else if (isSeq(node)) for (const [index, item] of node.items.entries()) walk(item, [...path, index]);
    else if (isMap(node)) {
      const seen = new Set<string>();
      for (const pair of node.items) {
        const key = keyName(pair.key);
        const keyIsWrong = keyTrouble(pair.key, key, seen);
        seen.add(key);
        if (keyIsWrong) report(pair.key, [...path, key], keyIsWrong);
        else walk(pair.value, [...path, key]);
      }
    }
  };
  const trouble = documentTrouble(document);
  if (trouble) report(document.contents, [], trouble);
  else walk(document.contents, []);
  return found;
}

/** A key as the JavaScript property it will become. */
export function keyName(key: unknown): string {
  if (!isScalar(key)) return '(a list or a mapping)';
  return key.value === null ? '' : String(key.value);
}

function documentTrouble({ contents, directives }: Document): Trouble | undefined {
  if (directives?.yaml.explicit)
    return { message: 'starts with a %YAML directive', mend: 'remove that line' };
  if (isMap(contents)) return undefined;
  const empty = contents === null || (isScalar(contents) && contents.value === null);
  return {
    message: empty ? 'is empty' : 'is not a mapping',
    mend: 'start it with `field: value` lines',
  };
}

function nodeTrouble(node: unknown): Trouble | undefined {
  if (isAlias(node))
    return { message: 'starts with *, a YAML alias', mend: 'put quotes around it, or write the value out' };
  if (!isNode(node)) return undefined;
  if (node.tag !== undefined)
    return { message: 'has a YAML tag', mend: 'remove the tag, or put quotes around the value' };
  if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined)
    return { message: 'starts with &, a YAML anchor', mend: 'put quotes around it, or remove the anchor' };
  return undefined;
}

function keyTrouble(node: unknown, key: string, seen: ReadonlySet<string>): Trouble | undefined {
  if (!isScalar(node) || node.tag !== undefined || node.anchor !== undefined)
    return { message: 'is not a plain key', mend: 'write the key as plain text' };
  if (PROTOTYPE_KEYS.has(key))
    return { message: 'is not a field', mend: 'remove it: no field has that name' };
  if (seen.has(key)) return { message: 'is written twice', mend: 'keep one of them' };
  return undefined;
}
