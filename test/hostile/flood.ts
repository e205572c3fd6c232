import { makePlace } from '../journey/place.ts';
import { rehearsing } from '../sandbox/rehearsing.ts';

/** What commands that write so many bytes cost the process that rehearses them. */
export interface Flood {
  readonly bytes: readonly number[];
  readonly complete: readonly boolean[];
  /** Resident bytes at most so far, at the end of each. */
  readonly peaks: readonly number[];
}

// node test/hostile/flood.ts BYTES…
await using place = await makePlace('flood');
const [bytes, complete, peaks]: [number[], boolean[], number[]] = [[], [], []];
for (const wanted of process.argv.slice(2).map(Number)) {
  const { evidence } = await rehearsing(`yes | head -c ${wanted}`, {
    ...place,
    way: 'slot',
    limits: { output: '1Mi', timeout: '15m' },
  });
  bytes.push(evidence.stdout.bytes);
  complete.push(evidence.complete);
  // Node gives it in kilobytes (getrusage(2)).
  peaks.push(process.resourceUsage().maxRSS * 1024);
}
process.stdout.write(JSON.stringify({ bytes, complete, peaks } satisfies Flood));
