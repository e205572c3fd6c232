/** What of a list is asked for: at most so many, after the one of that id. */
export interface PageQuery {
  readonly limit: string;
  readonly after: string | undefined;
}

/** A page of a list; `next` is null on the last. */
interface Page<T> {
  readonly found: readonly T[];
  readonly next: string | null;
}

const PAGE = '200';
/** No fleet has more; a server that never ends is not followed for ever. */
const MOST_PAGES = 500;

/** Everything of a list that a fleet gives page by page. */
export async function allOf<T extends { readonly id: string }>(
  read: (query: PageQuery) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const { found, next } = await read({ limit: PAGE, after: all.at(-1)?.id });
    all.push(...found);
    if (next === null || found.length === 0) break;
  }
  return all;
}
