// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts for a shell

import { readCorpus } from '@drylane/chassis/corpora.fixture';
import { splitSteps } from '@drylane/proto/steps';
import { parseMarker, settleSteps } from '@drylane/worker/rehearse/flow';
import { wrapSteps } from '@drylane/worker/rehearse/wrap';
import { expect, it } from 'vitest';
import { runBatch } from './steps.batch.ts';
import type { Job, JobResult } from './steps.driver.ts';

const OWN: readonly string[] = [
  'set -euo pipefail\nmkdir -p build && cd build\necho "int main;" > a.c; wc -c < a.c',
  'if [ -f config.json ]; then cat config.json; else echo "{}" > config.json; fi && jq . config.json',
  'git init -q . && git add -A && git -c user.name=a -c user.email=a@b commit -qm x; git status --short',
  'for f in a b c; do echo "$f" > "$f.txt"; done; cat *.txt | sort -r | head -n 2; rm ./*.txt',
  'export NAME=world\ncat > greet.sh <<EOF\n#!/bin/sh\necho "hello $NAME"\nEOF\nchmod +x greet.sh\n./greet.sh || exit 1',
  'python3 -c "print(1)" && node -e "process.exit(3)" || echo "status $?"',
  'test -d .git || { echo "no repository" >&2; exit 2; }; echo never',
  'npm ci && npm run build && npm test',
  'curl -fsSL https://example.com/install.sh | sh -s -- --yes; echo "$?"',
  'printf "a\\nb\\n" > list; while read -r line; do echo "- $line"; done < list > out.md; cat out.md',
  'trap "rm -f lock" EXIT; touch lock; ls; false; echo done',
  '(cd /nowhere && make) || make -C . all; ls -A',
];

// Texts that tell the time or their own process, and those that would end the driver: it runs as the same user.
const UNREPEATABLE =
  /\b(date|time|uptime|sleep|RANDOM|SECONDS|urandom|EPOCH\w+|mktemp|ps|top|kill|pkill|killall|reboot|shutdown)\b|\$\$|\bls -\w*l/;

function chains(): readonly Job[] {
  // Chains that people wrote, from public sources; not part of the repository.
  const texts = readCorpus<{ readonly command: string }>('chains.jsonl')?.map((row) => row.command) ?? OWN;
  return [...OWN, ...texts].map((text, at) => ({ id: `chain-${at}`, text }));
}

/** What a run did. Two processes of a chain may write at once: the order of the bytes is nobody's promise then. */
function behaviour(result: JobResult | undefined, ordered = true): string {
  const output = [result?.stdout, result?.stderr].map((text = '') =>
    ordered ? text : [...text].sort().join(''),
  );
  return JSON.stringify([output, result?.exit, result?.files, result?.timedOut]);
}

function isHonest(text: string, result: JobResult | undefined): boolean {
  const markers = (result?.lines ?? []).map((line, atMs) => {
    const marker = parseMarker(line);
    return marker && { ...marker, atMs };
  });
  const read = markers.filter((marker) => marker !== undefined);
  const exitCode = typeof result?.exit === 'number' ? result.exit : null;
  const settled = settleSteps(splitSteps(text, 'bash'), read, { exitCode, startedAtMs: 0, endedAtMs: 1e6 });
  return read.length === markers.length && !settled.tampered;
}

function wrap({ id, text }: Job): Job {
  const paths = { events: '/.drylane/control/events', ack: '/.drylane/control/ack' };
  return { id, text: wrapSteps(text, splitSteps(text, 'bash'), paths) };
}

it('real chains behave the same with markers as without', { timeout: 300_000 }, async () => {
  const all = chains();
  const split = all.filter(({ text }) => !splitSteps(text, 'bash').opaque);
  expect(split.length / all.length).toBeGreaterThan(0.9);

  const candidates = split.filter((job) => !UNREPEATABLE.test(job.text) && wrap(job).text !== job.text);
  const [plain, wrapped] = await Promise.all([runBatch(candidates), runBatch(candidates.map(wrap))]);
  const quick = candidates.filter(({ id }) => plain.get(id)?.timedOut === false);
  const differing = quick.filter(({ id }) => behaviour(plain.get(id)) !== behaviour(wrapped.get(id)));

  // Some chains race with themselves: what one of them does with markers must be something it does without.
  let doubtful = differing;
  const seen = new Map(doubtful.map(({ id }) => [id, new Set([behaviour(plain.get(id), false)])]));
  for (let round = 0; round < 4 && doubtful.length > 0; round++) {
    const [again, withMarkers] = await Promise.all([runBatch(doubtful), runBatch(doubtful.map(wrap))]);
    for (const { id } of doubtful) seen.get(id)?.add(behaviour(again.get(id), false));
    doubtful = doubtful.filter(({ id }) => !seen.get(id)?.has(behaviour(withMarkers.get(id), false)));
  }
  const unrepeatable = doubtful.filter(({ id }) => seen.get(id)?.size !== 1);
  const wrong = doubtful.filter(({ id }) => seen.get(id)?.size === 1);

  console.log(
    `chains: ${all.length}, split: ${split.length} (${Math.round((100 * split.length) / all.length)}%), ` +
      `run plain and wrapped: ${quick.length}, of which ${differing.length} raced with themselves ` +
      `and ${unrepeatable.length} never did the same twice`,
  );
  expect(wrong.map(({ id, text }) => ({ text, plain: plain.get(id), wrapped: wrapped.get(id) }))).toEqual([]);
  expect(unrepeatable.length).toBeLessThan(quick.length / 50);
  expect(quick.filter(({ id, text }) => !isHonest(text, wrapped.get(id))).map(({ text }) => text)).toEqual(
    [],
  );
  expect(quick.length / all.length).toBeGreaterThan(0.5);
});
