import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ERROR_CODES } from '@drylane/proto/errors';
import { isEnd, RUN_STATES, TRANSITIONS } from '@drylane/proto/lifecycle';
import { NAMES } from '@drylane/proto/rules/language';
import { describe, expect, it } from 'vitest';
import { HOSTILE_CASES } from '../hostile/cases.ts';
import { CHECKOUT, drylane } from '../journey/drylane.ts';

const read = (path: string): Promise<string> => readFile(join(CHECKOUT, path), 'utf8');
const STAGES = ['admit', 'classify', 'approve', 'rehearse', 'compare', 'decide', 'promote', 'receipt'];
const MAX_LINES = 300;

/** The cells of the table rows under a heading. */
function tableUnder(text: string, heading: string): string[][] {
  const section = text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('what the documents say', () => {
  it('names every stage in ARCHITECTURE.md, with a place that exists', async () => {
    const rows = tableUnder(await read('ARCHITECTURE.md'), 'Stages');
    expect(rows.map(([stage]) => stage)).toEqual(STAGES);
    for (const [stage, , place] of rows) {
      const path = place?.replaceAll('`', '') ?? '';
      if (path !== '–') expect(existsSync(join(CHECKOUT, path)), `${stage}: ${path}`).toBe(true);
    }
  });

  it('lists in SECURITY.md every hostile case that the suite holds', async () => {
    const section = (await read('SECURITY.md')).split('## What is tried against it\n')[1]?.split('\n## ')[0];
    const list = section?.split('\n\n').at(-1)?.replaceAll('\n', ' ').trim().split(' · ');
    expect(list).toEqual([...HOSTILE_CASES]);
  });

  it('draws the states of a run as the code has them', async () => {
    const diagram = (await read('ARCHITECTURE.md')).split('## States of a run\n')[1]?.split('```')[1] ?? '';
    const moves = diagram
      .trim()
      .split('\n')
      .map((line) => line.split(' → '))
      .map(([from, to]) => [from, to?.split(' | ')]);
    expect(moves).toEqual(
      RUN_STATES.filter((state) => !isEnd(state)).map((state) => [state, [...TRANSITIONS[state]]]),
    );
  });

  it('lists the verbs of the command line in README.md as --help does', async () => {
    const verbs = tableUnder(await read('README.md'), 'Commands').map(
      ([cell]) => /`drylane (\w+)/.exec(cell ?? '')?.[1],
    );
    const help = drylane(['--help'], { cwd: CHECKOUT }).stdout;
    const listed = [...(help.split('Commands:')[1]?.split('\n\n')[0] ?? '').matchAll(/^ {2}(\w+)/gm)].map(
      (m) => m[1],
    );
    expect(verbs.toSorted()).toEqual(listed.filter((verb) => verb !== 'help').toSorted());
  });

  it('lists the flags of rehearse in README.md as --help does', async () => {
    const flags = tableUnder(await read('README.md'), 'Flags of rehearse').map(
      ([cell]) => /--[a-z-]+/.exec(cell ?? '')?.[0],
    );
    const help = drylane(['rehearse', '--help'], { cwd: CHECKOUT }).stdout;
    const listed = [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map((m) => m[1]);
    expect(flags.toSorted()).toEqual(listed.filter((flag) => flag !== '--help').toSorted());
  });

  it('lists the exit statuses in README.md that error codes have', async () => {
    const rows = tableUnder(await read('README.md'), 'Exit status').map(([cell]) => Number(cell));
    for (const { exit } of Object.values(ERROR_CODES)) expect(rows).toContain(exit);
  });

  it('names in docs/policy.md the functions that rules have, and an example that is one', async () => {
    const text = await read('docs/policy.md');
    const listed = /^- Functions: (.*);$/m.exec(text)?.[1] ?? '';
    const functions = [...listed.matchAll(/`(\w+)`/g)].map(([, name]) => name);
    expect(functions).toEqual(NAMES);
    const directory = await mkdtemp(join(tmpdir(), 'drylane-docs-'));
    const file = join(directory, 'policy.yaml');
    await writeFile(file, /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '');
    const tried = drylane(['policy', 'test', file], { cwd: CHECKOUT });
    await rm(directory, { recursive: true });
    expect(tried, tried.stdout).toMatchObject({ status: 0 });
  });

  it('has a rule table in README.md for every built-in finding', async () => {
    const table = await read('services/comparator/src/compare/rules/table.ts');
    const rules = tableUnder(await read('README.md'), 'Findings').map(([cell]) => cell?.replaceAll('`', ''));
    expect(rules.length).toBeGreaterThan(10);
    for (const rule of rules) expect(table).toMatch(new RegExp(`^ {2}'?${rule}'?: \\{`, 'm'));
  });
});

/** The paths of all our sources. */
function sources(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: CHECKOUT,
    encoding: 'utf8',
  });
  return listed.split('\0').filter((path) => /\.(ts|mjs|sh)$/.test(path) && existsSync(join(CHECKOUT, path)));
}

describe('the shape of the code', () => {
  it(`has no file over ${MAX_LINES} lines`, async () => {
    expect(sources().length).toBeGreaterThan(50);
    for (const path of sources())
      expect((await read(path)).split('\n').length, path).toBeLessThanOrEqual(MAX_LINES + 1);
  });

  it('has no test that is skipped where something is missing: it fails, and says what', async () => {
    const tests = sources().filter((path) => path.endsWith('.test.ts'));
    expect(tests.length).toBeGreaterThan(50);
    for (const path of tests)
      expect(await read(path), path).not.toMatch(
        /\b(?:it|test|describe)\b[\w.]*\.(?:skip|skipIf|runIf|todo|only)\b/,
      );
  });

  it('has no folder or file named for nothing', async () => {
    const names = await readdir(join(CHECKOUT, 'services'), { recursive: true });
    const own = names.filter((name) => !name.includes('node_modules'));
    expect(own.filter((name) => /(^|\/)(utils?|helpers?|common|misc)(\.ts|\/|$)/.test(name))).toEqual([]);
  });
});
