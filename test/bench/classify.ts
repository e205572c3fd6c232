import { readCorpus } from '@drylane/chassis/corpora.fixture';
import { classify } from '@drylane/dispatcher/classify/classify';
import { RULES } from '@drylane/dispatcher/classify/rules/index';
import { parseShell } from '@drylane/proto/shell';

/** Real command lines; where they are missing, the examples of the rules are taken. */
const FILES = ['benign.jsonl', 'dangerous.jsonl', 'chains.jsonl'];

export interface ClassifyCost {
  readonly commands: number;
  /** Commands a second of processor time: classified, and only parsed. */
  readonly classified: number;
  readonly parsed: number;
  /** Milliseconds of each call. */
  readonly times: readonly number[];
}

/** What it costs to classify many commands, beside parsing the same ones in the same rounds. */
export function classifyCost(rounds: number): ClassifyCost {
  const commands = commandLines();
  const times: number[] = [];
  let [classifyMs, parseMs] = [0, 0];
  for (let round = 0; round <= rounds; round++) {
    const taken = cpuMs(() => {
      for (const command of commands) {
        const startedAt = performance.now();
        classify(command, { medium: 4, high: 7 });
        if (round > 0) times.push(performance.now() - startedAt);
      }
    });
    const parsing = cpuMs(() => {
      for (const command of commands) parseShell(command);
    });
    // The first round warms the compiler.
    if (round > 0) [classifyMs, parseMs] = [classifyMs + taken, parseMs + parsing];
  }
  const many = commands.length * rounds * 1000;
  return { commands: commands.length, classified: many / classifyMs, parsed: many / parseMs, times };
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function commandLines(): string[] {
  const rows = FILES.flatMap((name) => readCorpus<{ readonly command: string }>(name) ?? []);
  if (rows.length === 0) return RULES.flatMap((rule) => [...rule.matches, ...rule.not_matches]);
  return rows.map((row) => row.command);
}
