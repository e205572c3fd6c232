import { bullTransport } from './bullmq.ts';
import { QUEUES } from './flows.fixture.ts';

// A worker process that tests kill: it says what it begins, and comes to an end with nothing.
const [url = '', lockMs = ''] = process.argv.slice(2);
const transport = bullTransport({
  url,
  prefix: 'test',
  queues: QUEUES,
  keep: { count: 10, seconds: 60 },
  patienceMs: 5_000,
  lockMs: Number(lockMs),
  trouble: () => {},
});
transport.serve(
  'first',
  async ({ attempt }) => {
    process.stdout.write(`${attempt}\n`);
    return Promise.withResolvers<null>().promise;
  },
  { concurrency: 1 },
);
