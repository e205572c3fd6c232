import { strange } from './problem.ts';

/** How much of an answer is read, and how long nothing of it may come, in milliseconds. */
export interface Bounds {
  readonly bytes: number;
  readonly idleMs: number;
}

/** The bytes of an answer as they come, never more than may be; `end` stops whoever sends them. */
export async function* partsOf(
  response: { readonly body: AsyncIterable<Uint8Array> | null },
  { bytes, idleMs }: Bounds,
  { host, end }: { readonly host: string; readonly end: (why: unknown) => void },
): AsyncGenerator<Uint8Array, void, void> {
  if (response.body === null) return;
  const tooSlow = strange(host, `sent nothing for ${Math.round(idleMs / 1000)} seconds`);
  let size = 0;
  let timer: NodeJS.Timeout | undefined;
  const watch = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => end(tooSlow), idleMs);
  };
  try {
    watch();
    for await (const part of response.body) {
      size += part.byteLength;
      if (size > bytes) throw strange(host, `answered more than ${bytes} bytes`);
      // Whoever takes their time to use a part does not make the server slow.
      clearTimeout(timer);
      yield part;
      watch();
    }
  } finally {
    clearTimeout(timer);
  }
}

/** All of an answer. */
export async function whole(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const read: Uint8Array[] = [];
  for await (const part of parts) read.push(part);
  return Buffer.concat(read);
}
