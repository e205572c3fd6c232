import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BYTES_PER_INODE, bytesBelow, TOO_MANY } from './usage.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'drylane-usage-'));
});
afterEach(() => rmSync(root, { recursive: true }));

it('an empty file costs its name', async () => {
  for (let i = 0; i < 10; i++) writeFileSync(join(root, `${i}`), '');
  expect(await bytesBelow(root)).toBe(10 * BYTES_PER_INODE);
});

it('what is written counts, in directories too, whatever bytes their names have', async () => {
  const odd = Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0x0a])]);
  mkdirSync(odd);
  writeFileSync(Buffer.concat([odd, Buffer.from('/x')]), Buffer.alloc(100_000, 'x'));
  expect(await bytesBelow(root)).toBeGreaterThanOrEqual(100_000 + 2 * BYTES_PER_INODE);
});

it('of more entries than anybody waits for it is more than any limit', async () => {
  for (let i = 0; i < 10; i++) writeFileSync(join(root, `${i}`), '');
  expect(await bytesBelow(root, undefined, 9)).toBe(TOO_MANY);
  expect(await bytesBelow(root, undefined, 10)).toBe(10 * BYTES_PER_INODE);
  expect(Number.isSafeInteger(TOO_MANY)).toBe(true);
});

it('once it is enough, the rest is not looked at', async () => {
  for (let i = 0; i < 10; i++) writeFileSync(join(root, `${i}`), '');
  expect(await bytesBelow(root, 3 * BYTES_PER_INODE)).toBe(4 * BYTES_PER_INODE);
});

it('nothing there is nothing taken', async () => {
  expect(await bytesBelow(join(root, 'gone'))).toBe(0);
});
