import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createAttribution, pathsOfSteps, timestampMs } from './attribution.ts';
import { type Rehearsed, rehearse } from './rehearsed.fixture.ts';

let rehearsed: Rehearsed | undefined;
afterEach(async () => {
  await rehearsed?.end();
  rehearsed = undefined;
});

/** The step of each reported change, and the reported paths that each step touched. */
async function stepsOf(prepare: string, commands: readonly string[], forbidden: readonly string[] = []) {
  const here = await rehearse(prepare);
  rehearsed = here;
  for (const [step, command] of commands.entries()) {
    here.run(command);
    await here.attribution.boundary(step);
  }
  const { changes } = await here.observe(['**'], forbidden);
  return {
    last: Object.fromEntries(changes.map((change) => [change.path, change.step])),
    touched: commands.map((_, step) => pathsOfSteps(changes, here.attribution)(step)),
  };
}

describe('changes belong to the step', () => {
  it('that made, wrote, removed or changed them', async () => {
    const prepare = 'echo a > write; echo a > gone; echo a > mode; mkdir d; ln -s a link';
    const steps = await stepsOf(prepare, [
      'echo b > new',
      'echo b > write',
      'rm gone',
      'chmod 600 mode',
      'chmod 700 d',
      'ln -sfn b link',
    ]);
    expect(steps.last).toEqual({ new: 0, write: 1, gone: 2, mode: 3, d: 4, link: 5 });
    expect(steps.touched).toEqual([['new'], ['write'], ['gone'], ['mode'], ['d'], ['link']]);
  });

  it('that touched them last, and are in the list of each that did', async () => {
    const steps = await stepsOf('echo a > f; echo a > g', [
      'echo b > f; echo b > g',
      ':',
      'echo c >> f',
      'rm g',
    ]);
    expect(steps.last).toEqual({ f: 2, g: 3 });
    expect(steps.touched).toEqual([['f', 'g'], [], ['f'], ['g']]);
  });

  it('even when it keeps size and modification time', async () => {
    const write = (text: string) => `echo ${text} > f; touch -d @0 f`;
    expect((await stepsOf(write('a'), [write('b'), write('c'), ':'])).last).toEqual({ f: 1 });
  });

  it('that changed a directory itself, not one that put something into it', async () => {
    const steps = await stepsOf('mkdir d', ['echo > d/1', 'chmod 700 d', 'echo > d/2']);
    expect(steps.last).toEqual({ d: 1, 'd/1': 0, 'd/2': 2 });
  });

  it('that removed them, when another removes others beside them or makes something in their place', async () => {
    const steps = await stepsOf('echo > a; echo > b; echo > c', ['rm a', 'rm b', 'rm c', 'mkdir c']);
    expect(steps.last).toEqual({ a: 0, b: 1, c: 3 });
  });

  it('that removed or replaced the directory they were in', async () => {
    const prepare = 'mkdir -p d/e g; echo > d/e/f; echo > d/x; echo > g/key';
    const steps = await stepsOf(
      prepare,
      [':', 'rm -r d; mkdir d', 'echo > d/new', 'rm -r g', 'mkdir g'],
      ['**/key'],
    );
    expect(steps.last).toEqual({ 'd/e': 1, 'd/x': 1, 'd/new': 2, 'g/key': 3 });
  });

  it('that removed them one by one before their directory went', async () => {
    const prepare = 'mkdir d; echo > d/a; echo > d/b';
    expect((await stepsOf(prepare, ['rm d/a', 'rm -r d'], ['d/*'])).last).toEqual({
      d: 1,
      'd/a': 0,
      'd/b': 1,
    });
  });

  it('that renamed a directory, with all that is in it', async () => {
    const steps = await stepsOf(':', ['mkdir d; echo > d/f', 'mv d e']);
    expect(steps.last).toEqual({ 'e/f': 1 });
    expect(steps.touched).toEqual([[], ['e/f']]);
  });

  it('that touched anything in a collapsed directory last', async () => {
    const steps = await stepsOf(':', ['mkdir d; for i in $(seq 300); do : > d/$i; done', 'echo > d/7', ':']);
    expect(steps.last).toEqual({ d: 1 });
    expect(steps.touched).toEqual([['d'], ['d'], []]);
  });

  it('and to none when it cannot be told', async () => {
    const here = await rehearse(':');
    rehearsed = here;
    here.run('echo > f');
    expect((await here.observe()).changes[0]?.step).toBeNull();
  });
});

describe('a boundary', () => {
  it('bears files that come and go while it looks', async () => {
    const upper = mkdtempSync(join(tmpdir(), 'drylane-attribution-'));
    const attribution = createAttribution(Buffer.from(upper));
    let busy = true;
    const churn = (async () => {
      for (let i = 0; busy; i++) {
        mkdirSync(join(upper, `d${i % 50}/e`), { recursive: true });
        rmSync(join(upper, `d${(i + 25) % 50}`), { recursive: true, force: true });
        if (i % 10 === 0) await new Promise(setImmediate);
      }
    })();
    for (let step = 0; step < 20; step++) await attribution.boundary(step);
    busy = false;
    await churn;
    rmSync(upper, { recursive: true });
    expect(attribution.touchedBy(0).length).toBeGreaterThan(0);
  });

  it('notes when the mode of the root changes', async () => {
    const upper = mkdtempSync(join(tmpdir(), 'drylane-attribution-'));
    const attribution = createAttribution(Buffer.from(upper));
    await attribution.boundary(0);
    chmodSync(upper, 0o711);
    await attribution.boundary(1);
    rmSync(upper, { recursive: true });
    expect(attribution.stepOf('')).toBe(1);
    expect(attribution.touchedBy(0)).toEqual([]);
  });

  it('waits for the clock of kernels whose time stamps are coarse', () => {
    const kernels = [
      '4.19.0',
      '5.15.0-91-generic',
      '6.1.0-13-amd64',
      '6.12.9',
      '6.13.0-rc1',
      '6.18.44',
      '7.0',
    ];
    expect(kernels.map(timestampMs)).toEqual([10, 10, 10, 10, 0, 0, 0]);
  });
});
