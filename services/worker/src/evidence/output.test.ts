import { createRedactor } from '@drylane/chassis/redact/redact';
import { CapturedOutput } from '@drylane/proto/evidence';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captureOutput } from './output.ts';

const redactor = createRedactor([{ name: 'DEPLOY_KEY', value: 'correct-horse-battery' }]);

function capture(limit: number, ...chunks: readonly (string | Buffer)[]): CapturedOutput {
  const captured = captureOutput(limit, redactor);
  for (const chunk of chunks) captured.push(Buffer.from(chunk));
  return CapturedOutput.parse(captured.end().captured);
}

describe('captureOutput', () => {
  it('keeps what is within the limit as it is', () => {
    expect(capture(100, 'one\n', 'two\n')).toEqual({
      text: 'one\ntwo\n',
      bytes: 8,
      truncated: false,
      redactions: 0,
    });
    expect(capture(8, 'one\n', 'two\n').truncated).toBe(false);
    expect(capture(0)).toEqual({ text: '', bytes: 0, truncated: false, redactions: 0 });
  });

  it('keeps both ends of what is longer, and says how much is left out', () => {
    const captured = capture(20, '0123456789', 'x'.repeat(1_234_567), 'ABCDEFGHIJ');
    expect(captured.text).toBe('0123456789\n… 1,234,567 bytes left out …\nABCDEFGHIJ');
    expect(captured).toMatchObject({ bytes: 1_234_587, truncated: true });
  });

  it('starts the line in between afresh, and only then', () => {
    expect(capture(4, 'a\n', 'xxxx', 'b\n').text).toBe('a\n… 4 bytes left out …\nb\n');
    expect(capture(0, 'abc').text).toBe('… 3 bytes left out …\n');
    expect(capture(1, 'abc').text).toBe('a\n… 2 bytes left out …\n');
  });

  it('takes out a secret that stands across the cut before it cuts', () => {
    const secret = 'correct-horse-battery';
    for (let shift = 0; shift < 40; shift++) {
      const { text, redactions } = capture(
        60,
        '-'.repeat(shift),
        secret,
        '='.repeat(2000 + shift),
        secret,
        '+'.repeat(shift),
      );
      expect(redactions).toBe(2);
      for (let at = 0; at + 6 <= secret.length; at++) expect(text).not.toContain(secret.slice(at, at + 6));
    }
  });

  it('counts the bytes that were written, not those that were kept', () => {
    expect(capture(100, 'key correct-horse-battery')).toEqual({
      text: 'key [redacted:deploy-key]',
      bytes: 25,
      truncated: false,
      redactions: 1,
    });
  });

  it('cuts through no character', () => {
    for (const character of ['é', '世', '🚀']) {
      for (let limit = 2; limit < 40; limit++) {
        const { text, truncated } = capture(limit, character.repeat(100));
        expect(truncated).toBe(true);
        expect(text).not.toContain('\ufffd');
        const said = Number(/… ([\d,]+) bytes/.exec(text)?.[1]?.replaceAll(',', ''));
        const kept = Buffer.byteLength(text.replace(/\n?… .* …\n/, ''));
        expect(said + kept).toBe(Buffer.byteLength(character) * 100);
        expect(kept).toBeLessThanOrEqual(limit);
      }
    }
  });

  it('shows bytes that are not UTF-8', () => {
    expect(capture(100, Buffer.from([0x61, 0xff, 0xfe, 0x62])).text).toBe('a\ufffd\ufffdb');
    expect(capture(100, Buffer.from([0xe4, 0xb8])).text).toBe('\ufffd');
  });

  it('is the same whatever chunks the output comes in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
        fc.nat(600),
        (chunks, limit) => {
          const buffers = chunks.map((chunk) => Buffer.from(chunk));
          expect(capture(limit, ...buffers)).toEqual(capture(limit, Buffer.concat(buffers)));
        },
      ),
    );
  });

  it('keeps no more than its limit of a flood without a newline', () => {
    const captured = captureOutput(64 * 1024, redactor);
    const chunk = Buffer.alloc(1_000_000, 'a');
    for (let i = 0; i < 20; i++) captured.push(chunk);
    const { text, bytes, truncated } = captured.end().captured;
    expect({ bytes, truncated }).toEqual({ bytes: 20_000_000, truncated: true });
    expect(Buffer.byteLength(text)).toBeLessThan(65 * 1024);
  });

  it('names the credentials that were seen in all of it, also in what is left out', () => {
    const credentialsIn = (...chunks: readonly string[]) => {
      const captured = captureOutput(10, redactor);
      for (const chunk of chunks) captured.push(Buffer.from(chunk));
      return captured.end().credentials;
    };
    expect(credentialsIn('nothing')).toEqual([]);
    expect(credentialsIn('x'.repeat(9000), 'correct-horse', '-battery', 'y'.repeat(9000))).toEqual([
      'DEPLOY_KEY',
    ]);
  });
});
