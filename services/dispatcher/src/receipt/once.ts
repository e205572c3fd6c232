const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g;

/**
 * Whether no object in a text of JSON, which must be valid, has two fields of one name. Of two, `JSON.parse` takes the
 * last, and another reader may take the first: what verifies for one would not be what the other shows.
 */
export function saysAllOnce(json: string): boolean {
  // The names of each object that is open; null for a list.
  const open: (Set<string> | null)[] = [];
  let isName = false;
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === '{' || token === '[') open.push(token === '{' ? new Set() : null);
    else if (token === '}' || token === ']') open.pop();
    else if (isName && token.startsWith('"')) {
      const name: string = JSON.parse(token);
      const names = open.at(-1);
      if (names?.has(name)) return false;
      names?.add(name);
    }
    isName = token === '{' || (token === ',' && open.at(-1) !== null);
  }
  return true;
}
