import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, framesOf } from './events.ts';

async function read(parts: readonly Uint8Array[]): Promise<Frame[]> {
  const found: Frame[] = [];
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* parts;
  }
  for await (const frame of framesOf(source())) found.push(frame);
  return found;
}

const TEXT =
  'retry: 2000\n\nid: 0\nevent: submitted\ndata: {"é":1}\n\n: still here\n\nid: 1\r\nevent: moved\r\ndata: a\r\ndata: b\r\n\r\nevent: drain\ndata: {}\n\n';
const FRAMES: readonly Frame[] = [
  { kind: 'retry', ms: 2000 },
  { kind: 'event', id: '0', name: 'submitted', data: '{"é":1}' },
  { kind: 'alive' },
  { kind: 'event', id: '1', name: 'moved', data: 'a\nb' },
  { kind: 'event', id: undefined, name: 'drain', data: '{}' },
];

describe('server-sent events', () => {
  it('are read, wherever the bytes are parted', async () => {
    const bytes = Buffer.from(TEXT);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const parts = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        expect(await read(parts)).toEqual(FRAMES);
      }),
    );
  });

  it('are nothing where the last of them is not whole', async () => {
    expect(await read([Buffer.from('id: 1\nevent: moved\ndata: x\n')])).toEqual([]);
  });

  it.each(['x', 'data: x\n'])('are not read on where one never ends (%j)', async (text) => {
    const endless = Array.from({ length: 6 }, () => Buffer.from(text.repeat(1024 ** 2 / text.length)));
    await expect(read(endless)).rejects.toThrow(RangeError);
  });
});
