import { describe, expect, it } from 'vitest';
import { namesSecret, passwordIsPlausible, tokenIsPlausible } from './assignment.ts';
import { expandSample } from './samples.ts';

describe('namesSecret', () => {
  it.each([
    'password',
    'DB_PASSWORD',
    'dbPassword',
    'ClearTextPassword',
    'passphrase',
    'MYSQL_PWD',
    'db_pass',
    'PGPASSWORD',
  ])('takes %s for the name of a password', (name) => {
    expect(namesSecret(name)).toBe('password');
  });

  it.each([
    'token',
    'apiKey',
    'API_KEY',
    'hubspotKey',
    'client-secret',
    'accessToken1',
    'AWS_SECRET_ACCESS_KEY',
    '_auth',
    'credentials',
  ])('takes %s for the name of a token', (name) => {
    expect(namesSecret(name)).toBe('token');
  });

  it.each([
    'key',
    'public_key',
    'cacheKey',
    'primaryKey',
    'keyboard',
    'tokenizer',
    'token_type',
    'secretName',
    'KEY_FILE',
    'author',
    'monkey',
    'path',
    'kms_key_id',
    'password_hint',
    'fake_token',
  ])('takes %s for neither', (name) => {
    expect(namesSecret(name)).toBeUndefined();
  });
});

describe('values', () => {
  it.each(['<alnum:16>', '<hex:40>', '<uuid>', '<b64:60>', '<digits:18>'])(
    'like %s may be tokens',
    (template) => {
      expect(tokenIsPlausible(expandSample(template))).toBe(true);
    },
  );

  it.each([
    '',
    'short1',
    'my-app-tls-2023',
    '/run/secrets/token1',
    'https://h.example.com/a1b2c3',
    '$TOKEN_1234',
    '{{ token1234 }}',
    'xxxxxxxxxxxx1',
    'your-api-key-123',
    '2026-11-20T10:00',
    'ZHVtbXkgdGV4dCBkYXRhIGRhdGEgZGF0YQ==',
    'abcdefghijklmnop123',
  ])('like %j are no tokens', (value) => {
    expect(tokenIsPlausible(value)).toBe(false);
  });

  it('that are plain words are passwords only where they cannot be prose', () => {
    expect(passwordIsPlausible('correcthorse', true)).toBe(true);
    expect(passwordIsPlausible('correcthorse', false)).toBe(false);
    expect(passwordIsPlausible('hunter2', false)).toBe(true);
    for (const value of [
      'None',
      'var.db_password',
      '$' + '{PASSWORD}',
      'changeme',
      '/etc/passwd',
      'getpass()',
      'prompt',
      'abc',
    ])
      expect(passwordIsPlausible(value, true)).toBe(false);
  });
});
