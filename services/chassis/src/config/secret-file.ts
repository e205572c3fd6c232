import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** The most bytes of a file that holds one secret. */
export const MAX_SECRET_BYTES = 64 * 1024;

/** A secret's text, or what is wrong with its file. */
export type SecretFile = { readonly text: string } | { readonly message: string; readonly mend: string };

/** Reads a file that holds one secret, without the newline that editors put at its end. */
export function readSecretFile(path: string): SecretFile {
  try {
    // A FIFO without a writer would keep the process waiting here for ever.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return readOpen(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return {
      message: `names a file that cannot be read${why}`,
      mend: 'check the path, and that this user may read it',
    };
  }
}

function readOpen(file: number): SecretFile {
  const stat = fstatSync(file);
  if (!stat.isFile())
    return {
      message: 'names something that is not a regular file',
      mend: 'name a file that holds the secret',
    };
  if (stat.size > MAX_SECRET_BYTES)
    return {
      message: `names a file of more than ${MAX_SECRET_BYTES} bytes`,
      mend: 'name a file that holds the secret and nothing else',
    };
  const bytes = readFileSync(file);
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes))
    return { message: 'names a file that is not UTF-8 text', mend: 'write the secret as text' };
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') return { message: 'names a file that is empty', mend: 'write the secret into it' };
  return { text: secret };
}
