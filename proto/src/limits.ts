import { z } from 'zod';
import { bytes, Duration, milliseconds, Size } from './quantities.ts';

/** What a rehearsal may use, as people write it. Anything left out comes from policy. */
export const Limits = z.strictObject({
  timeout: Duration.optional().describe('Wall clock time of the whole command'),
  memory: Size.optional().describe('Memory of all its processes; there is no swap'),
  cpus: z.number().positive().max(256).optional().describe('Processor time, in cores'),
  pids: z.int().min(8).max(32_768).optional().describe('Processes and threads at once'),
  disk: Size.optional().describe('Bytes it may write to the workspace, and again to /tmp'),
  output: Size.optional().describe('Bytes kept of standard output, and again of standard error'),
});
export type Limits = z.infer<typeof Limits>;

/** The same in numbers, with nothing left out. */
export interface LimitValues {
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly pids: number;
  readonly diskBytes: number;
  readonly outputBytes: number;
}

export const DEFAULT_LIMITS = {
  timeout: '60s',
  memory: '512Mi',
  cpus: 1,
  pids: 256,
  disk: '256Mi',
  output: '1Mi',
} as const satisfies Required<Limits>;

/** Fills what is missing from {@link DEFAULT_LIMITS} and turns text into numbers. */
export function limitValues(limits: Limits): LimitValues {
  const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
  const all: Required<Limits> = { ...DEFAULT_LIMITS, ...given };
  return {
    timeoutMs: milliseconds(all.timeout),
    memoryBytes: bytes(all.memory),
    cpus: all.cpus,
    pids: all.pids,
    diskBytes: bytes(all.disk),
    outputBytes: bytes(all.output),
  };
}
