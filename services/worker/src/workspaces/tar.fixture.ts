import { type Header, pack } from 'tar-stream';

/** A member as tar-stream is told of it; whatever it is, it is written. */
export type RawMember = Partial<Header> & Pick<Header, 'name'> & { readonly content?: string };

/** A tar of members that no honest tool would write. */
export async function rawTar(...members: readonly RawMember[]): Promise<Buffer> {
  const tar = pack();
  for (const { content, ...header } of members) {
    const time = { mtime: new Date(1_000_000_000_000) };
    tar.entry({ ...time, ...header }, Buffer.from(content ?? ''), () => undefined);
  }
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Bytes in parts of some length, as a network would give them. */
export async function* inParts(bytes: Uint8Array, length = 700): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

const CHECKSUM = { at: 148, end: 156 } as const;

/** Changes bytes of a header and mends its checksum. */
export function reheaded(tar: Buffer, at: number, bytes: string, header = 0): Buffer {
  const out = Buffer.from(tar);
  out.write(bytes, header + at, 'latin1');
  out.fill(' ', header + CHECKSUM.at, header + CHECKSUM.end);
  const sum = out.subarray(header, header + 512).reduce((total, byte) => total + byte, 0);
  out.write(`${sum.toString(8).padStart(6, '0')}\0 `, header + CHECKSUM.at, 'latin1');
  return out;
}
