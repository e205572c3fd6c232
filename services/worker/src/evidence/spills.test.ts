import { watchFor } from '@drylane/chassis/redact/watch';
import { pathRules } from '@drylane/proto/paths';
import { afterEach, describe, expect, it } from 'vitest';
import { observeChanges } from './changes.ts';
import { type Rehearsed, rehearse } from './rehearsed.fixture.ts';

const TOKEN = 'ghp_Zr8kQw2LmXv5Tn7Yb1Jc4Hd6Fs9Gp3Ra0Ve';
const watch = watchFor([{ name: 'T', value: TOKEN, publicPrefix: 4 }]);
let here: Rehearsed;
afterEach(() => here.end());

async function spillsOf(script: string, prepare = 'mkdir d; echo old > d/old') {
  here = await rehearse(prepare);
  here.run(script);
  return observeChanges(here.view, pathRules(['**'], []), here.attribution, () => null, watch);
}

describe('credentials in what was written', () => {
  it.each([
    ['a file', `echo ${TOKEN} > f`, 'f'],
    ['a file that was there', `echo ${TOKEN} >> d/old`, 'd/old'],
    ['a file name', `touch x-${TOKEN}`, `x-${TOKEN}`],
    ['where a link points', `ln -s /tmp/${TOKEN} l`, 'l'],
    ['a file that is closed to everybody', `echo ${TOKEN} > f; chmod 000 f`, 'f'],
    ['the end of a big file', `head -c 9000000 /dev/zero > f; echo ${TOKEN} >> f`, 'f'],
    [
      'one of many files of a new directory',
      `mkdir n; touch n/{1..300}; printf ${TOKEN} | base64 > n/7`,
      'n/7',
    ],
  ])('are found in %s', async (_, script, path) => {
    const { spills, complete } = await spillsOf(script);
    expect(spills).toEqual([{ credential: 'T', path }]);
    expect(complete).toBe(true);
  });

  it('are not looked for in what was there before, nor in what was removed', async () => {
    const prepare = `echo ${TOKEN} > here; echo ${TOKEN} > gone; mkdir d; echo x > d/x`;
    const { spills } = await spillsOf('rm gone; echo y > d/x', prepare);
    expect(spills).toEqual([]);
  });
});
