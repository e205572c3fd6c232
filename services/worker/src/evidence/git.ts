import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TIMEOUT_MS = 5_000;
const MAX_OUTPUT_BYTES = 48 * 2 ** 20;

/**
 * The unified hunks by which git says that two texts differ, bytes held one to a character (latin1); null when
 * there is no git, or it takes too long. git sees copies in a directory of their own, so that no configuration
 * or attribute of the workspace can make it run anything.
 */
export async function gitHunks(before: Buffer, after: Buffer, context: number): Promise<string | null> {
  const directory = await mkdtemp(join(tmpdir(), 'drylane-diff-'));
  try {
    await Promise.all([
      writeFile(join(directory, 'before'), before),
      writeFile(join(directory, 'after'), after),
    ]);
    const output = await runGit(directory, context);
    if (output === null) return null;
    const first = output.indexOf('\n@@ ');
    return first < 0
      ? ''
      : output
          .slice(first + 1)
          .split('\n')
          .map(withoutHeading)
          .join('\n');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** git repeats some line of the text behind a hunk's range. */
const withoutHeading = (line: string): string =>
  line.startsWith('@@ ') ? line.slice(0, line.indexOf(' @@', 3) + 3) : line;

function runGit(directory: string, context: number): Promise<string | null> {
  const options = [
    '--no-index',
    '--no-color',
    '--no-ext-diff',
    '--no-textconv',
    '--text',
    `--unified=${context}`,
  ];
  return new Promise((resolve) => {
    execFile(
      'git',
      ['diff', ...options, '--', 'before', 'after'],
      {
        cwd: directory,
        encoding: 'latin1',
        timeout: TIMEOUT_MS,
        killSignal: 'SIGKILL',
        maxBuffer: MAX_OUTPUT_BYTES,
        env: {
          PATH: '/usr/local/bin:/usr/bin:/bin',
          LC_ALL: 'C',
          HOME: directory,
          GIT_CONFIG_NOSYSTEM: '1',
          GIT_CONFIG_GLOBAL: '/dev/null',
          GIT_CEILING_DIRECTORIES: tmpdir(),
        },
      },
      // Status 1 says that they differ; 0, that they do not.
      (error, stdout) => resolve(error === null || error.code === 1 ? stdout : null),
    );
  });
}
