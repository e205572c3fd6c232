import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';

/** Has a process use something, and sends it a signal each time that it says so; answers what it said and how it ended. */
async function saidBy(use: string, signals: Readonly<Record<string, NodeJS.Signals>>) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'ending.fixture.ts'), use], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const said: string[] = [];
  createInterface(child.stdout).on('line', (line) => {
    said.push(line);
    const signal = signals[line];
    if (signal !== undefined) child.kill(signal);
  });
  await once(child, 'close');
  return { said, status: child.exitCode ?? child.signalCode };
}

const ALL = ['starts', 'is up', 'goes', 'is down'];

it('takes down what is used, once, before the process ends by the signal', async () => {
  expect(await saidBy('use', { 'is up': 'SIGTERM' })).toEqual({ said: ALL, status: 'SIGTERM' });
});

it('takes down what is still starting when the signal comes', async () => {
  const { said, status } = await saidBy('use', { starts: 'SIGINT' });
  expect([said.filter((line) => line !== 'is up'), status]).toEqual([
    ['starts', 'goes', 'is down'],
    'SIGINT',
  ]);
});

it('is not cut short by a second signal', async () => {
  const signals = { 'is up': 'SIGTERM', goes: 'SIGINT' } as const;
  expect(await saidBy('use', signals)).toEqual({ said: ALL, status: 'SIGTERM' });
});

it('is not done twice where the signal comes while it is taken down anyway', async () => {
  expect(await saidBy('end', { goes: 'SIGTERM' })).toEqual({ said: ALL, status: 'SIGTERM' });
  expect(await saidBy('end', {})).toEqual({ said: ALL, status: 0 });
});
