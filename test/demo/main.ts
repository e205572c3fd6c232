import { spawnSync } from 'node:child_process';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeBlog, restoreBlog } from './blog.ts';
import { type Line, STORIES, writePolicy } from './stories.ts';
import { hashTree } from './tree.ts';

const DRYLANE = join(import.meta.dirname, '..', '..', 'services', 'cli', 'bin', 'drylane.mjs');

const words = process.argv.slice(2).join(' ');
const isKept = words === '--keep';
if (words !== '' && !isKept) {
  process.stderr.write('usage: npm run demo [-- --keep]\n');
  process.exit(2);
}

const place = await realpath(await mkdtemp(join(tmpdir(), 'drylane-demo-')));
try {
  const failures = await tellAll();
  for (const failure of failures) say(`not as it should be: ${failure}`);
  process.exitCode = failures.length === 0 ? 0 : 1;
} finally {
  if (isKept) restoreBlog(join(place, 'site'));
  else await rm(place, { recursive: true, force: true });
  say(
    isKept
      ? `\nThe repository, as it was at first, is in ${join(place, 'site')}; the runs are in ${join(place, 'state')}.`
      : '\nThe repository and its runs are gone again; npm run demo -- --keep leaves both, to go on with.',
  );
}

/** Tells every story in one repository, and then checks the receipts; answers with what went otherwise than told. */
async function tellAll(): Promise<string[]> {
  const site = join(place, 'site');
  await makeBlog(site);
  await writePolicy(place);
  const failures: string[] = [];
  for (const [index, { title, lines, lands }] of STORIES.entries()) {
    say(`\n${index + 1}. ${title}\n`);
    let before = await hashTree(site);
    for (const line of lines) {
      if (line.meanwhile !== undefined) {
        say(`\n   ${line.meanwhile.told}`);
        await line.meanwhile.act(site);
        before = await hashTree(site);
      }
      failures.push(...tell(line, index + 1, site));
    }
    const landed = (await hashTree(site)) !== before;
    say(landed ? '\n   The repository was changed.' : '\n   The repository is as it was, every byte of it.');
    if (landed !== lands)
      failures.push(`story ${index + 1}: the repository ${lands ? 'is as it was' : 'was changed'}`);
  }
  return [...failures, ...(await checkReceipts(site))];
}

/** Every end left a receipt: prints them to a file, and checks that file by itself. */
async function checkReceipts(site: string): Promise<string[]> {
  say('\nEvery end left a signed receipt, each naming the one before it.\n');
  say('   drylane receipt --all > receipts.jsonl && drylane verify receipts.jsonl\n');
  const all = drylane(['receipt', '--all'], site);
  const file = join(place, 'receipts.jsonl');
  await writeFile(file, all.stdout);
  const verified = drylane(['verify', file], site);
  process.stdout.write(verified.stdout);
  return verified.status === 0 ? [] : ['the receipts do not hold'];
}

/** Runs one line through the real command line; answers with what went otherwise than told. */
function tell({ args, exit, says }: Line, number: number, site: string): string[] {
  say(`   drylane ${args.map(quoted).join(' ')}\n`);
  const run = drylane(args, site);
  process.stdout.write(run.stdout);
  process.stderr.write(run.stderr);
  const silent = says.filter((text) => !run.stdout.includes(text));
  return [
    ...(run.status === exit ? [] : [`story ${number} ended ${run.status}, not ${exit}`]),
    ...silent.map((text) => `story ${number} does not say "${text}"`),
  ];
}

function drylane([verb = '', ...args]: readonly string[], cwd: string) {
  const words = [DRYLANE, verb, '--state', join(place, 'state'), ...args];
  return spawnSync(process.execPath, words, { cwd, encoding: 'utf8' });
}

/** A word as one types it. */
function quoted(word: string): string {
  if (!/[^\w./=-]/.test(word)) return word;
  return word.includes("'") ? `"${word}"` : `'${word}'`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
