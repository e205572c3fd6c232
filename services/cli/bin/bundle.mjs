import { lstatSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Where bundles of the command line are kept, below the checkout, and the file that says which counts and what it was made of. Below
 * node_modules: most of a bundle is from there, and Node warns nobody of what such code does in an old way.
 */
export const BUNDLES = 'node_modules/.drylane';
export const MANIFEST = `${BUNDLES}/manifest.json`;

/**
 * The bundled command line as an absolute path; undefined unless it and every file of ours that it was made of are just as they were then,
 * and none but root and the owner of the sources could have written it.
 */
export function freshBundle(checkout) {
  try {
    const { program, files } = JSON.parse(readFileSync(`${checkout}/${MANIFEST}`, 'utf8'));
    const owner = lstatSync(`${checkout}/services/cli/bin`).uid;
    for (const path of [BUNDLES, MANIFEST, dirname(program), program])
      if (!isTrusted(lstatSync(`${checkout}/${path}`), owner)) return undefined;
    // Hundreds of files before anything starts: no more is done for each than has to be.
    for (const [path, size, mtimeMs, ctimeMs] of files) {
      const found = lstatSync(`${checkout}/${path}`);
      if (found.size !== size || found.mtimeMs !== mtimeMs || found.ctimeMs !== ctimeMs) return undefined;
    }
    return `${checkout}/${program}`;
  } catch {
    // Whatever is wrong with a bundle, the sources are there.
    return undefined;
  }
}

function isTrusted({ uid, mode }, owner) {
  return (uid === owner || uid === 0) && (mode & 0o022) === 0;
}
