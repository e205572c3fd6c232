import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { removeTree } from './remove-tree.ts';

it('removes what is nested deeper than a path can say, and what is closed to its owner', async () => {
  const place = await mkdtemp(join(tmpdir(), 'drylane-remove-'));
  const nest = "import os\nfor i in range(60):\n  os.mkdir('d'*200)\n  os.chdir('d'*200)\n";
  execFileSync('python3', ['-c', nest], { cwd: place });
  await mkdir(join(place, 'closed'));
  await chmod(join(place, 'closed'), 0);
  await removeTree(place);
  expect(existsSync(place)).toBe(false);
  await removeTree(place);
});
