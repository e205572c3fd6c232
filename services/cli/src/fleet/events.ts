/** A server-sent event, or a sign of life. */
export type Frame =
  | { readonly kind: 'event'; readonly id: string | undefined; readonly name: string; readonly data: string }
  | { readonly kind: 'retry'; readonly ms: number }
  | { readonly kind: 'alive' };

/** No event of a run is longer. */
const MAX_FRAME = 1024 ** 2;

/**
 * Reads server-sent events (html.spec.whatwg.org/#server-sent-events), as a dispatcher writes them.
 * @throws RangeError for one that is longer than any of ours.
 */
export async function* framesOf(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Frame, void, void> {
  const decoder = new TextDecoder();
  let rest = '';
  let fields: Record<string, string> = {};
  let held = 0;
  for await (const part of parts) {
    rest += decoder.decode(part, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) {
      const line = text.endsWith('\r') ? text.slice(0, -1) : text;
      held += line.length;
      if (line.startsWith(':')) yield { kind: 'alive' };
      else if (line !== '') fields = { ...fields, ...fieldOf(line, fields) };
      else {
        yield* frameOf(fields);
        fields = {};
        held = 0;
      }
    }
    if (held + rest.length > MAX_FRAME) throw new RangeError('an event is too long');
  }
}

const NAMES = ['id', 'event', 'data', 'retry'];

function fieldOf(line: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
  if (!NAMES.includes(name)) return {};
  return { [name]: name === 'data' && before.data !== undefined ? `${before.data}\n${value}` : value };
}

function* frameOf({ id, event, data, retry }: Readonly<Record<string, string>>): Generator<Frame> {
  if (retry !== undefined && /^\d{1,6}$/.test(retry)) yield { kind: 'retry', ms: Number(retry) };
  if (data !== undefined) yield { kind: 'event', id, name: event ?? 'message', data };
}
