import { afterAll, beforeAll } from 'vitest';
import { type Fleet, startFleet } from './fleet.ts';
import { runCases } from './run-cases.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet();
}, 180_000);
afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]();
}, 60_000);

runCases(() => fleet);
