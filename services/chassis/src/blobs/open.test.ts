import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Environment, readConfig } from '../config/config.ts';
import { BLOBS_SECRETS, BLOBS_VARIABLES, blobsSettings } from './open.ts';

const Config = z.object(BLOBS_VARIABLES);
const KEYS = { DRYLANE_S3_ACCESS_KEY: 'access-key', DRYLANE_S3_SECRET_KEY: 'secret-key' };
const BUCKET = {
  ...KEYS,
  DRYLANE_BLOBS: 's3://blobs/some/prefix',
  DRYLANE_S3_ENDPOINT: 'https://s3.example.org',
};

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'drylane-open-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const settingsOf = (environment: Environment) =>
  blobsSettings(readConfig(Config, environment, { prefix: 'DRYLANE_', secrets: BLOBS_SECRETS }).config);

function blamed(environment: Environment): readonly string[] {
  try {
    settingsOf(environment);
    return [];
  } catch (error) {
    if (error instanceof DrylaneError && error.code === 'bad-input')
      return error.problems.map(({ field }) => field);
    throw error;
  }
}

describe('where blobs are', () => {
  it('is a directory', () => {
    for (const [text, path] of [
      ['file:/var/lib/drylane', '/var/lib/drylane'],
      ['file:///var/lib/drylane', '/var/lib/drylane'],
      ['file:/a b/ü', '/a b/ü'],
    ])
      expect(settingsOf({ DRYLANE_BLOBS: text })).toEqual({ kind: 'files', directory: path });
  });

  it('is a bucket, whose keys can be in files', () => {
    const store = {
      bucket: 'blobs',
      prefix: 'some/prefix',
      endpoint: 'https://s3.example.org',
      region: 'us-east-1',
      forcePathStyle: true,
      accessKey: 'access-key',
      secretKey: 'secret-key',
    };
    expect(settingsOf(BUCKET)).toEqual({ kind: 's3', store });
    const file = join(directory, 'secret');
    writeFileSync(file, 'from a file\n');
    const { DRYLANE_S3_SECRET_KEY: _, ...others } = BUCKET;
    const elsewhere = { DRYLANE_S3_REGION: 'eu-central-1', DRYLANE_S3_PATH_STYLE: 'false' };
    expect(settingsOf({ ...others, ...elsewhere, DRYLANE_S3_SECRET_KEY_FILE: file })).toEqual({
      kind: 's3',
      store: { ...store, region: 'eu-central-1', forcePathStyle: false, secretKey: 'from a file' },
    });
  });

  it.each(['s3://blobs', 's3://blobs/'])('is, as %s, a bucket without a prefix', (place) => {
    expect(settingsOf({ ...BUCKET, DRYLANE_BLOBS: place })).toMatchObject({ store: { prefix: '' } });
  });

  it('has to be said', () => {
    expect(blamed({})).toEqual(['DRYLANE_BLOBS']);
    expect(blamed({ DRYLANE_BLOBS: 's3://blobs' })).toEqual([
      'DRYLANE_S3_ENDPOINT',
      'DRYLANE_S3_ACCESS_KEY',
      'DRYLANE_S3_SECRET_KEY',
    ]);
    expect(blamed({ ...KEYS, DRYLANE_BLOBS: 's3://blobs' })).toEqual(['DRYLANE_S3_ENDPOINT']);
  });

  it.each([
    '/var/lib/drylane',
    'file:blobs',
    'file:',
    'file://host/path',
    'file:/a\0b',
    's3:blobs',
    's3://',
    's3://b',
    's3://Blobs',
    's3://-blobs',
    's3://blobs//x',
    's3://blobs/../x',
    's3://blobs/a/./b',
    's3://blobs/a//b',
    's3://blobs/a?b',
    's3://key:secret@blobs/x',
    `s3://blobs/${'x'.repeat(2000)}`,
    `s3://blobs/${'x/'.repeat(400)}!`,
    'https://blobs',
  ])('is not %j', (place) => {
    expect(blamed({ ...BUCKET, DRYLANE_BLOBS: place })).toEqual(['DRYLANE_BLOBS']);
  });

  it.each([
    's3.example.org',
    'ftp://x',
    'https://a:b@x',
    'https://x/blobs',
    'https://x/?a',
    'file:///x',
    'https://',
  ])('has no address such as %s', (endpoint) => {
    expect(blamed({ ...BUCKET, DRYLANE_S3_ENDPOINT: endpoint })).toEqual(['DRYLANE_S3_ENDPOINT']);
  });
});
