import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlChannel, openControl } from './control.ts';

describe('the lines to a container', () => {
  let root: string;
  let control: ControlChannel;
  let floods = 0;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'drylane-control-'));
    control = await openControl(join(root, 'control'));
    floods = 0;
    control.listen({
      report: () => undefined,
      trace: () => undefined,
      output: () => undefined,
      marker: async () => false,
      flood: () => {
        floods += 1;
      },
    });
  });
  afterEach(async () => {
    control.close();
    await rm(root, { recursive: true });
  });

  it('say to who begins that a job cannot be written, before anybody waits for one', async () => {
    await mkdir(join(control.directory, 'job'));
    expect(() => control.begin('true\n')).toThrow(/cannot be written/);
  });

  it('end where the names of those that the command must not open cannot be taken away', async () => {
    control.begin('true\n');
    const trace = join(control.directory, 'trace');
    await rm(join(control.directory, 'go'));
    await writeFile(trace, 'r\n');
    for (let waited = 0; floods === 0 && waited < 2_000; waited += 5) await sleep(5);
    expect(floods).toBe(1);
  });

  it('keep nobody waiting who gives more than is read, when all is over', async () => {
    const given = control.give([{ name: 'KEY', value: 'x'.repeat(200_000) }]);
    await sleep(20);
    control.end();
    await given;
  });
});
