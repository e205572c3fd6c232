import { Readable } from 'node:stream';

/**
 * Reads what an engine reports while it pulls, builds or imports, JSON a line, to its end; `onText` hears the text of
 * each report.
 * @throws Error with the engine's words when it reports an error, when it sends what is not JSON, and when `idleMs` pass
 * without any report.
 */
export async function readEvents(
  reports: NodeJS.ReadableStream,
  options: { readonly idleMs: number; readonly onText: (text: string) => void },
): Promise<void> {
  const stream = reports instanceof Readable ? reports : new Readable().wrap(reports);
  const silence = () => stream.destroy(new Error(`the engine said nothing for ${options.idleMs / 1000} s`));
  const hear = (line: string) => {
    const text = textOf(line);
    if (text !== '') options.onText(text);
  };
  stream.setEncoding('utf8');
  let timer = setTimeout(silence, options.idleMs);
  let rest = '';
  try {
    for await (const chunk of stream) {
      clearTimeout(timer);
      timer = setTimeout(silence, options.idleMs);
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(hear);
    }
    hear(rest);
  } finally {
    clearTimeout(timer);
  }
}

/** The words of one report. @throws Error when the report is an error, or is not JSON. */
export function textOf(line: string): string {
  if (line.trim() === '') return '';
  const event: unknown = JSON.parse(line);
  const word = (key: string): string => {
    const value = typeof event === 'object' && event !== null ? Reflect.get(event, key) : undefined;
    return typeof value === 'string' ? value : '';
  };
  if (word('error') !== '') throw new Error(word('error').trim());
  const status = [word('id'), word('status')].filter((part) => part !== '').join(' ');
  return word('stream') || (status && `${status}\n`);
}
