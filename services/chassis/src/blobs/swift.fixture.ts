import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { type Ask, askFor, type S3Settings } from './bucket.ts';

/** A real store with an S3 interface for tests: Swift, in a directory of its own, on loopback ports that were free. */
export interface SwiftServer {
  readonly port: number;
  /** Settings that are right for it and for its one bucket. */
  readonly settings: S3Settings;
  /** The keys that the bucket shows below a prefix. */
  keys(prefix: string): Promise<readonly string[]>;
  /** How many uploads below a prefix were begun and not ended. */
  uploads(prefix: string): Promise<number>;
  /** How many files lie on its disk, those of parts that no key shows among them. */
  filesOnDisk(): number;
  /** Writes an object past the code that is tested. */
  write(key: string, bytes: Uint8Array): Promise<void>;
  /** Ends the server and takes its directory away. */
  stop(): Promise<void>;
}

const BUCKET = 'blobs';

// It waits until nobody holds the other end any more, so that the servers outlive no test, however that one went.
const KEEPER = `
  MEMCACHED_PORT_FILENAME="$1/memcached" memcached -u "$(id -un)" -l 127.0.0.1 -p -1 -U 0 >>"$1/log" 2>&1 &
  cache=$!
  /usr/bin/python3 "$0" "$@" 2>>"$1/log" &
  server=$!
  exec >/dev/null
  cat
  kill -KILL $cache $server 2>/dev/null
  wait
  rm -rf -- "$1"
`;

/** Starts a server. Where Swift is not installed, `npm run machine` installs it. */
export async function startSwift(): Promise<SwiftServer> {
  const directory = mkdtempSync(join(tmpdir(), 'drylane-swift-'));
  const [accessKey, secretKey] = ['test:tester', randomBytes(16).toString('hex')];
  const script = join(import.meta.dirname, 'swift.fixture.py');
  const keeper = spawn('/bin/sh', ['-c', KEEPER, script, directory, accessKey, secretKey], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const closed = once(keeper, 'exit');
  const stop = async (): Promise<void> => {
    keeper.stdin.end();
    await closed;
  };
  const port = await firstLine(keeper.stdout);
  if (port === undefined) {
    const log = readFileSync(join(directory, 'log'), 'utf8');
    await stop();
    throw new Error(`Swift does not start; is it installed? npm run machine\n${log}`);
  }
  const settings = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    bucket: BUCKET,
    prefix: '',
    forcePathStyle: true,
    accessKey,
    secretKey,
  };
  const ask = askFor(settings);
  await ask((s3) => s3.send(new CreateBucketCommand({ Bucket: BUCKET })));
  return { port: Number(port), settings, stop, ...looksAt(ask, join(directory, 'devices/disk')) };
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string | undefined> {
  for await (const line of createInterface(stream)) return line;
  return undefined;
}

function looksAt(ask: Ask, disk: string) {
  return {
    async keys(Prefix: string) {
      const { Contents = [] } = await ask((client) =>
        client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix })),
      );
      return Contents.flatMap(({ Key = '' }) => Key);
    },
    async uploads(Prefix: string) {
      const { Uploads = [] } = await ask((client) =>
        client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET, Prefix })),
      );
      return Uploads.length;
    },
    filesOnDisk: () =>
      readdirSync(disk, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.data'))
        .length,
    async write(Key: string, Body: Uint8Array) {
      await ask((s3) => s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body })));
    },
  };
}
