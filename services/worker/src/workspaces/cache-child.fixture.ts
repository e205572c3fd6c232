import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTreeCache } from './cache.ts';

// A process of its own that takes a lease, or dies while it makes a tree: `cache-child.fixture.ts ROOT KEY take|make`.
const [root = '', key = '', doing] = process.argv.slice(2);
const cache = await openTreeCache(root, { budgetBytes: 1000 });
const leased = cache.lease(key, async (directory) => {
  mkdirSync(directory);
  writeFileSync(join(directory, 'made'), 'by a child');
  if (doing === 'make') await told('making');
  return { bytes: 400 };
});
await leased;
await told('taken');

/** Says where it stands, and goes on when its parent closes its input, if it lives. */
async function told(what: string): Promise<void> {
  process.stdout.write(`${what}\n`);
  for await (const _ of process.stdin);
}
