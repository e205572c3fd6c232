import type { Part } from '../shutdown/shutdown.ts';
import type { TracingOptions, TracingSettings } from './settings.ts';

/**
 * Has the process's spans sent to a collector, until the part that is answered has closed; nothing where there are no
 * settings. What sends them is loaded only then: it takes longer to load than many a process to start.
 */
export async function openTracing(
  settings: TracingSettings | undefined,
  options: TracingOptions,
): Promise<Part | undefined> {
  if (settings === undefined) return undefined;
  const { sendSpans } = await import('./collector.ts');
  return sendSpans(settings, options);
}
