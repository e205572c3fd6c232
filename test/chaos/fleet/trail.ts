import type { ProcessName } from '../../fleet-journey/plan.ts';
import type { Line } from '../../fleet-journey/processes.ts';

/** What all processes of a fleet have said of each run, those that have ended as well, and what befell them meanwhile. */
export interface Trail {
  hear(name: ProcessName, line: Line): void;
  /** Notes something that befell a part of the fleet. */
  note(what: string): void;
  /** All of it about a run, in the order in which it was heard. */
  of(run: string): readonly string[];
}

/** What is older than this has no part in what a run came to. */
const BEFORE_MS = 30_000;

export function openTrail(): Trail {
  const heard = new Map<string, { readonly at: number; readonly text: string }[]>();
  const noted: { readonly at: number; readonly text: string }[] = [];
  return {
    hear(name, line) {
      if (typeof line.run !== 'string') return;
      const lines = heard.get(line.run) ?? [];
      lines.push({ at: Date.now(), text: `${name} ${JSON.stringify(line)}` });
      heard.set(line.run, lines);
    },
    note: (text) => void noted.push({ at: Date.now(), text }),
    of(run) {
      const lines = heard.get(run) ?? [];
      const from = (lines[0]?.at ?? 0) - BEFORE_MS;
      const to = lines.at(-1)?.at ?? 0;
      const befell = noted.filter(({ at }) => at > from && at < to);
      const all = [...lines, ...befell].sort((one, other) => one.at - other.at);
      return all.map(({ at, text }) => `${new Date(at).toISOString()} ${text}`);
    },
  };
}
