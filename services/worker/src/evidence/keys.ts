import { encodePath } from '@drylane/proto/paths';
import { keyBytes, type PathKey } from './tree.ts';

/** The path as evidence tells it. The root has no name of its own; nothing in it can be called `.`. */
export const pathOf = (key: PathKey): string => (key === '' ? '.' : encodePath(keyBytes(key)));

/** The path that evidence tells in escaped form, as bytes held one to a character (latin1); `.` is the root. */
export function keyOfPath(path: string): PathKey {
  return path === '.' ? '' : unescaped(path);
}

/** Undoes `encodePath`. In time that follows the length: a hostile name may be nothing but escapes. */
export function unescaped(encoded: string): string {
  const bytes = Buffer.from(encoded, 'utf8').toString('latin1');
  if (!bytes.includes('\\')) return bytes;
  if (!bytes.includes('\\x')) return bytes.replaceAll('\\\\', '\\');
  return bytes.replaceAll(/\\(?:\\|x([0-9a-f]{2}))/g, (_, hex?: string) =>
    hex === undefined ? '\\' : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
