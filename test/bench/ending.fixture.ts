import { setTimeout as sleep } from 'node:timers/promises';
import { takenDown } from './ending.ts';

/** A process that uses a thing that is slow to start and to take down, and that fails as soon as the thing goes away. */
const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function startThing() {
  await sleep(20);
  say('starts');
  await sleep(200);
  const gone = Promise.withResolvers<void>();
  return {
    gone: gone.promise,
    async [Symbol.asyncDispose]() {
      say('goes');
      gone.reject(new Error('it went away'));
      await sleep(200);
      say('is down');
    },
  };
}

await using thing = await takenDown(startThing());
say('is up');
if (process.argv[2] === 'use') await Promise.all([thing.gone, sleep(60_000)]);
else thing.gone.catch(() => undefined);
