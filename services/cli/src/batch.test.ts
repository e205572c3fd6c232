import { describe, expect, it } from 'vitest';
import { type BatchRow, readBatch } from './batch.ts';

async function read(chunks: Iterable<string | Uint8Array>): Promise<BatchRow[]> {
  const rows: BatchRow[] = [];
  for await (const row of readBatch(
    (async function* () {
      yield* chunks;
    })(),
  ))
    rows.push(row);
  return rows;
}

const line = (command: string) => JSON.stringify({ id: 1, command });

describe('a batch', () => {
  it('is read however its bytes are cut, with empty lines and without a last newline', async () => {
    const bytes = Buffer.from(`${line('echo é😀')}\r\n\n{"command":"b"}`);
    const wanted = [
      { id: 1, command: 'echo é😀' },
      { id: null, command: 'b' },
    ];
    expect(await read([bytes])).toEqual(wanted);
    expect(await read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(wanted);
    expect(await read([])).toEqual([]);
  });

  it('gives the rows before a bad one, whose number it names', async () => {
    const rows: BatchRow[] = [];
    const bad = async (text: string) => {
      for await (const row of readBatch(
        (async function* () {
          yield text;
        })(),
      ))
        rows.push(row);
    };
    for (const [text, message] of [
      ['{', 'is not JSON'],
      ['null', 'has no command'],
      ['[]', 'has no command'],
      ['{"command":1}', 'has no command'],
    ] as const)
      await expect(bad(`${line('a')}\n\n${text}\n`)).rejects.toMatchObject({
        problems: [{ field: 'line 3', message }],
      });
    expect(rows).toHaveLength(4);
  });

  it('refuses a line without an end before it fills the memory', async () => {
    let sent = 0;
    const endless = async function* () {
      for (;;) {
        sent += 65_536;
        yield Buffer.alloc(65_536, 'x');
      }
    };
    const all = async () => {
      for await (const row of readBatch(endless())) expect(row).toBeUndefined();
    };
    await expect(all()).rejects.toMatchObject({ problems: [{ field: 'line 1' }] });
    expect(sent).toBeLessThan(2 * 1024 * 1024);
  });
});
