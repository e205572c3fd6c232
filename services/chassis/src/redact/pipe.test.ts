import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { redactPipe } from './pipe.ts';
import { createRedactor } from './redact.ts';

describe('redactPipe', () => {
  it('scrubs what flows through it, whatever the chunks, and ends with its source', async () => {
    const redactor = createRedactor([{ name: 'DEPLOY_KEY', value: 'correct-horse' }]);
    const chunks = ['a corr', 'ect-ho', 'rse b\n', 'x'.repeat(10_000)].map((chunk) => Buffer.from(chunk));
    const out = await text(Readable.from(chunks).pipe(redactPipe(redactor)));
    expect(out).toBe(`a [redacted:deploy-key] b\n${'x'.repeat(10_000)}`);
  });
});
