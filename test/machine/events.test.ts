import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEvents, textOf } from './events.ts';

async function heard(chunks: readonly (string | Buffer)[], idleMs = 5000): Promise<string> {
  const texts: string[] = [];
  await readEvents(Readable.from(chunks), { idleMs, onText: (text) => texts.push(text) });
  return texts.join('');
}

describe('readEvents', () => {
  it('hears the same however the bytes are cut', async () => {
    const bytes = Buffer.from('{"stream":"Step 1 é\\n"}\r\n\n{"id":"a1","status":"Pulling"}\n{"aux":{}}');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 8 }), async (cuts) => {
        const at = [0, ...cuts, bytes.length].sort((a, b) => a - b);
        const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
        expect(await heard(chunks.filter((c) => c.length > 0))).toBe('Step 1 é\na1 Pulling\n');
      }),
    );
  });

  it('throws the error that the engine reports, and stops at what is not JSON', async () => {
    await expect(heard(['{"stream":"a"}\n{"error":"no such host\\n"}\n'])).rejects.toThrow('no such host');
    await expect(heard(['{"stream":"a"}\n{"str'])).rejects.toThrow();
  });

  it('ends a stream that falls silent', async () => {
    const silent = new Readable({ read: () => {} });
    await expect(readEvents(silent, { idleMs: 20, onText: () => {} })).rejects.toThrow('said nothing');
    expect(silent.destroyed).toBe(true);
  });
});

describe('textOf', () => {
  it('takes words only from text, whatever JSON comes', () => {
    fc.assert(fc.property(fc.json(), (line) => typeof textOf(line) === 'string'));
    expect(textOf('{"stream":{"x":1}}')).toBe('');
  });
});
