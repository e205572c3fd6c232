/** Things that are read at once: each may be large. */
const PART = 50;
const PAGE_BYTES = 1024 ** 2;

/** A list that is read part by part. */
export interface Parts<T> {
  /** At most so many of those that come after one; undefined: from the first on. */
  readonly read: (limit: number, after: T | undefined) => Promise<readonly T[]>;
  /** About how many bytes one of them is. */
  readonly size: (one: T) => number;
}

/** A page of a list: as many as are wanted, or fewer where they are large. */
export interface Page<T> {
  readonly found: readonly T[];
  readonly isAll: boolean;
}

/** Reads a page part by part, until there are as many as are wanted, or until they are large. */
export async function pageOf<T>(limit: number, { read, size }: Parts<T>): Promise<Page<T>> {
  const found: T[] = [];
  let bytes = 0;
  while (found.length < limit) {
    const part = Math.min(PART, limit - found.length);
    const more = await read(part, found.at(-1));
    for (const one of more) {
      found.push(one);
      bytes += size(one);
      if (bytes > PAGE_BYTES) return { found, isAll: false };
    }
    if (more.length < part) return { found, isAll: true };
  }
  return { found, isAll: false };
}

/** The path of the next page of a list: asked for as this one was, from the last thing of this one on. */
export function nextPath(
  path: string,
  query: Readonly<Record<string, unknown>>,
  cursor: Readonly<Record<string, string>>,
): string {
  const asked = Object.entries({ ...query, ...cursor });
  const said = asked.flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return `${path}?${new URLSearchParams(said)}`;
}
