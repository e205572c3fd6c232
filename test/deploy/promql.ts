import { parser } from '@prometheus-io/lezer-promql';

/** One condition on a label, such as `le=~"30|30[.]0"`. */
export interface Matcher {
  readonly label: string;
  readonly op: string;
  readonly value: string;
}

/** What a query reads, and the labels that it groups by or matches on. */
export interface Query {
  readonly selectors: readonly { readonly name: string; readonly matchers: readonly Matcher[] }[];
  readonly groups: readonly string[];
}

/** Reads a query with Prometheus' own grammar for editors. @throws Error where that finds a fault. */
export function readQuery(text: string): Query {
  const selectors: { name: string; matchers: Matcher[] }[] = [];
  const groups: string[] = [];
  parser.parse(text).iterate({
    enter({ type, node, from, to }) {
      if (type.isError) throw new Error(`no query, at ${from}: ${text}`);
      const said = text.slice(from, to);
      if (type.name === 'VectorSelector') selectors.push({ name: '', matchers: [] });
      const selector = selectors.at(-1);
      if (type.name === 'Identifier' && node.parent?.name === 'VectorSelector' && selector)
        selector.name = said;
      if (type.name === 'UnquotedLabelMatcher') selector?.matchers.push(readMatcher(said));
      if (type.name === 'LabelName' && node.parent?.name === 'GroupingLabels') groups.push(said);
    },
  });
  return { selectors, groups };
}

/** Whether a label's value meets a condition; Prometheus' expressions always match the whole. */
export function meets(value: string, { op, value: wanted }: Matcher): boolean {
  const same = op.endsWith('~') ? new RegExp(`^(?:${wanted})$`).test(value) : value === wanted;
  return op.startsWith('!') ? !same : same;
}

function readMatcher(said: string): Matcher {
  const [, label = '', op = '', value = '""'] = /^(\w+)\s*(=~|!~|!=|=)\s*(.*)$/s.exec(said) ?? [];
  return { label, op, value: String(JSON.parse(value)) };
}
