import type { Change } from '@drylane/proto/evidence';
import { afterEach, describe, expect, it } from 'vitest';
import { type Rehearsed, rehearse } from './rehearsed.fixture.ts';

let rehearsed: Rehearsed | undefined;
afterEach(async () => {
  await rehearsed?.end();
  rehearsed = undefined;
});

const line = (change: Change): string =>
  `${change.class} ${change.kind} ${change.path}${change.entries > 1 ? ` (${change.entries})` : ''}`;

async function report(
  prepare: string,
  command: string,
  expected: readonly string[],
  forbidden: readonly string[],
) {
  rehearsed = await rehearse(prepare);
  rehearsed.run(command);
  return (await rehearsed.observe(expected, forbidden)).changes.map(line);
}

const many = (directory: string) =>
  `mkdir -p ${directory}; for i in $(seq 250); do : > ${directory}/$i; done`;

describe('the report of changes', () => {
  it('has what is forbidden first, then surprises, then what is expected', async () => {
    const command =
      'echo > z-expected; echo > m-surprise; echo > a-expected; echo > y-forbidden; echo > b-surprise';
    expect(await report(':', command, ['*-expected', '*-forbidden'], ['*-forbidden'])).toEqual([
      'forbidden added y-forbidden',
      'surprise added b-surprise',
      'surprise added m-surprise',
      'expected added a-expected',
      'expected added z-expected',
    ]);
  });

  it('has a deleted directory as one change when all of it has one class', async () => {
    const prepare = 'mkdir -p d/e/f; echo > d/1; echo > d/e/2; echo > d/e/f/3';
    expect(await report(prepare, 'rm -r d', ['d/'], [])).toEqual(['expected deleted d (6)']);
  });

  it('has forbidden paths of a deleted directory on their own', async () => {
    const prepare =
      'mkdir -p d/e/f d/g d/secrets; echo > d/e/f/key.pem; echo > d/e/f/x; echo > d/g/1; echo > d/secrets/s';
    expect(await report(prepare, 'rm -r d', ['d/'], ['**/key.pem', '**/secrets/'])).toEqual([
      'forbidden deleted d/e/f/key.pem',
      'forbidden deleted d/secrets (2)',
      'expected deleted d',
      'expected deleted d/e',
      'expected deleted d/e/f',
      'expected deleted d/e/f/x',
      'expected deleted d/g (2)',
    ]);
  });

  it('has forbidden paths of a directory that something else replaced on their own', async () => {
    const prepare = 'mkdir -p d/e; echo > d/e/key.pem; echo > d/e/x';
    expect(await report(prepare, 'rm -r d; ln -s /nowhere d', ['d/'], ['**/key.pem'])).toEqual([
      'forbidden deleted d/e/key.pem',
      'expected type d',
      'expected deleted d/e',
      'expected deleted d/e/x',
    ]);
  });

  it('has forbidden paths of a directory that was made again on their own', async () => {
    const prepare = 'mkdir -p d/.git; echo > d/.git/config; echo > d/x';
    expect(await report(prepare, 'rm -r d; mkdir d; echo > d/x', ['d/'], ['d/.git/'])).toEqual([
      'forbidden deleted d/.git (2)',
    ]);
  });

  it('does not let an expected pattern for files cover the deletion of their directory', async () => {
    expect(await report('mkdir d; echo > d/a.md; echo > d/b.md', 'rm -r d', ['d/*.md'], [])).toEqual([
      'surprise deleted d',
      'expected deleted d/a.md',
      'expected deleted d/b.md',
    ]);
  });

  it('has a large added directory as one change, as far up as its class goes', async () => {
    expect(await report(':', `${many('out/a/b')}; ${many('out/c')}; echo > out/x`, ['out/'], [])).toEqual([
      'expected added out (505)',
    ]);
    await rehearsed?.end();
    expect(
      await report(':', `${many('out/a/b')}; echo > out/.env; ${many('out/c')}`, ['out/'], ['**/.env']),
    ).toEqual(['forbidden added out/.env', 'expected added out/a (252)', 'expected added out/c (251)']);
  });

  it('has the files of a small added directory one by one, and its parents go without saying', async () => {
    expect(await report(':', 'mkdir -p out/a/b; echo > out/a/b/1; echo > out/2', ['out/**/*'], [])).toEqual([
      'expected added out/2',
      'expected added out/a/b/1',
    ]);
  });

  it('has an added directory that is forbidden itself, or is not as mkdir makes it', async () => {
    const command = 'mkdir -m 700 a; echo > a/1; mkdir b; echo > b/2; mkdir c; chown 7 c; echo > c/3';
    expect(await report(':', command, ['*/*'], ['b'])).toEqual([
      'forbidden added b',
      'expected added a',
      'expected added a/1',
      'expected added b/2',
      'expected added c',
      'expected added c/3',
    ]);
  });

  it('tells of the root itself as .', async () => {
    expect(await report('chmod 755 .', 'chmod 777 .; echo > x', ['x'], [])).toEqual([
      'surprise mode .',
      'expected added x',
    ]);
  });
});
