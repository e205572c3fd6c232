import { DrylaneError } from '@drylane/proto/errors';
import { z } from 'zod';
import { Flag } from '../config/values.ts';
import type { Blobs } from './blobs.ts';
import type { S3Settings } from './bucket.ts';
import { fileBlobs } from './files.ts';
import { s3Blobs } from './s3.ts';

/** Where blobs are kept. */
export type BlobsSettings =
  | { readonly kind: 'files'; readonly directory: string }
  | { readonly kind: 's3'; readonly store: S3Settings };

const FILES = /^file:(?:\/\/)?(?<directory>\/(?!\/)[^\0]*)$/;
const S3 =
  /^s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(?<prefix>[\w-][\w.-]*(?:\/[\w-][\w.-]*)*))?\/?$/;

/** `file:/directory` or `s3://bucket/prefix`. */
const BlobsPlace = z
  .string()
  .max(1024)
  .transform((text, context) => {
    const { directory } = FILES.exec(text)?.groups ?? {};
    if (directory !== undefined) return { kind: 'files', directory } as const;
    const { bucket, prefix = '' } = S3.exec(text)?.groups ?? {};
    if (bucket !== undefined) return { kind: 's3', bucket, prefix } as const;
    context.addIssue({ code: 'custom', message: 'must be file:/directory or s3://bucket/prefix' });
    return z.NEVER;
  });

/** An address of a host, without anything that a request would add to or leave out. */
const Endpoint = z.string().refine((text) => {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, pathname, search, hash } = new URL(text);
  const rest = username + password + search + hash;
  return (protocol === 'https:' || protocol === 'http:') && pathname === '/' && rest === '';
}, 'must be an http or https address of a host, and no more');

/** The variables that say where blobs are, for the schema of a process's configuration. */
export const BLOBS_VARIABLES = {
  DRYLANE_BLOBS: BlobsPlace.describe('where blobs are kept, file:/directory or s3://bucket/prefix'),
  DRYLANE_S3_ENDPOINT: Endpoint.optional(),
  DRYLANE_S3_REGION: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/)
    .default('us-east-1'),
  DRYLANE_S3_PATH_STYLE: Flag.default(true),
  DRYLANE_S3_ACCESS_KEY: z.string().optional(),
  DRYLANE_S3_SECRET_KEY: z.string().optional(),
} as const;

/** Which of them are secret; each can be in a file that `…_FILE` names. */
export const BLOBS_SECRETS = { DRYLANE_S3_ACCESS_KEY: 'value', DRYLANE_S3_SECRET_KEY: 'value' } as const;

const NEEDED = ['DRYLANE_S3_ENDPOINT', 'DRYLANE_S3_ACCESS_KEY', 'DRYLANE_S3_SECRET_KEY'] as const;

type BlobsConfig = z.output<z.ZodObject<typeof BLOBS_VARIABLES>>;

/** What the variables say. @throws DrylaneError `bad-input` that names what a bucket needs and is not set. */
export function blobsSettings(config: BlobsConfig): BlobsSettings {
  const {
    DRYLANE_BLOBS: place,
    DRYLANE_S3_ENDPOINT: endpoint,
    DRYLANE_S3_ACCESS_KEY: accessKey,
    DRYLANE_S3_SECRET_KEY: secretKey,
  } = config;
  if (place.kind === 'files') return place;
  if (endpoint === undefined || accessKey === undefined || secretKey === undefined)
    throw new DrylaneError('bad-input', NEEDED.filter((name) => config[name] === undefined).map(notSet));
  const { bucket, prefix } = place;
  const how = { region: config.DRYLANE_S3_REGION, forcePathStyle: config.DRYLANE_S3_PATH_STYLE };
  return { kind: 's3', store: { bucket, prefix, endpoint, accessKey, secretKey, ...how } };
}

function notSet(name: (typeof NEEDED)[number]) {
  const mend = name === 'DRYLANE_S3_ENDPOINT' ? "set it to the store's address" : `set it, or ${name}_FILE`;
  return { field: name, message: 'is not set, and blobs are kept in a bucket', mend };
}

/** Opens the blobs that the settings name; nothing is asked before the first use. */
export function openBlobs(settings: BlobsSettings): Blobs {
  return settings.kind === 'files' ? fileBlobs(settings.directory) : s3Blobs(settings.store);
}
