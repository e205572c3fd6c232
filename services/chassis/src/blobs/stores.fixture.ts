import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Digest } from '@drylane/proto/digest';
import type { BlobsSettings } from './open.ts';
import { placeOf } from './place.ts';
import { type SwiftServer, startSwift } from './swift.fixture.ts';

/** A store of blobs as tests see it: empty, and with a way in past the code that is tested. */
export interface TestStore {
  readonly settings: BlobsSettings;
  /** The places, below the store's own, at which something can be seen. */
  places(): Promise<readonly string[]>;
  /** Puts other bytes in the place of a digest. */
  harm(digest: Digest, bytes: Uint8Array): Promise<void>;
}

/** Where stores of one kind come from. */
export interface StoreMaker {
  make(): TestStore;
  stop(): Promise<void>;
}

/** Each kind of store, and how to start what it needs. */
export const STORES: Readonly<Record<BlobsSettings['kind'], () => Promise<StoreMaker>>> = {
  files: async () => {
    const root = mkdtempSync(join(tmpdir(), 'drylane-blobs-'));
    return {
      make: () => fileStore(join(root, randomUUID())),
      stop: async () => rmSync(root, { recursive: true, force: true }),
    };
  },
  s3: async () => {
    const swift = await startSwift();
    return { make: () => s3Store(swift, randomUUID()), stop: swift.stop };
  },
};

function fileStore(directory: string): TestStore {
  return {
    settings: { kind: 'files', directory },
    async places() {
      const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.new'));
      return files.map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1));
    },
    async harm(digest, bytes) {
      writeFileSync(join(directory, placeOf(digest)), bytes);
    },
  };
}

function s3Store(swift: SwiftServer, prefix: string): TestStore {
  return {
    settings: { kind: 's3', store: { ...swift.settings, prefix } },
    places: async () => (await swift.keys(`${prefix}/`)).map((key) => key.slice(prefix.length + 1)),
    harm: (digest, bytes) => swift.write(`${prefix}/${placeOf(digest)}`, bytes),
  };
}
