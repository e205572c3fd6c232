import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addressOf } from './address.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drylane-address-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const env = { DRYLANE_TOKEN: 'drl_x' };

describe('the address of a fleet', () => {
  it.each([
    ['https://drylane.example', 'https://drylane.example'],
    ['https://h:8443/lane/', 'https://h:8443/lane'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://localhost', 'http://localhost'],
    ['http://[::1]:1', 'http://[::1]:1'],
  ])('may be %s', (given, base) => {
    expect(addressOf(given, env).base).toBe(base);
  });

  it.each([
    'http://drylane.example',
    'http://127.0.0.1.example',
    'http://localhost.example',
    'https://me:secret@h',
    'https://h/?a=b',
    'https://h/#x',
    'ftp://h',
    'file:///etc/passwd',
    'h:80',
    'nonsense',
  ])('may not be %s', (given) => {
    expect(() => addressOf(given, env)).toThrow(/DRYLANE_URL/);
    expect(() => addressOf(given, env)).not.toThrow(/secret/);
  });
});

describe('the token for it', () => {
  it('is that of the file, less the newline at its end', () => {
    const file = join(directory, 'token');
    writeFileSync(file, 'drl_abc\n');
    expect(addressOf('https://h', { DRYLANE_TOKEN_FILE: file }).token).toBe('drl_abc');
  });

  it.each([
    [{}, /DRYLANE_TOKEN_FILE: is not set/],
    [{ DRYLANE_TOKEN: 'a', DRYLANE_TOKEN_FILE: '/x' }, /too/],
    [{ DRYLANE_TOKEN_FILE: '/nowhere/at/all' }, /ENOENT/],
    [{ DRYLANE_TOKEN_FILE: '/dev/zero' }, /regular file/],
    [{ DRYLANE_TOKEN: 'a b' }, /odd characters/],
    [{ DRYLANE_TOKEN: 'a\r\nx-more: 1' }, /odd characters/],
    [{ DRYLANE_TOKEN: 'é' }, /odd characters/],
  ])('is refused as %j', (odd, message) => {
    expect(() => addressOf('https://h', odd)).toThrow(message);
  });
});
