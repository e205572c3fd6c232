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
