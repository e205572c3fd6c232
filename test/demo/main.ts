import { spawnSync } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeBlog } from './blog.ts';
import { STORIES, type Story } from './stories.ts';
import { hashTree } from './tree.ts';

const DRYLANE = join(import.meta.dirname, '..', '..', 'services', 'cli', 'bin', 'drylane.mjs');

const place = await realpath(await mkdtemp(join(tmpdir(), 'drylane-demo-')));
try {
  const site = join(place, 'site');
  await makeBlog(site);
  const before = await hashTree(site);

  const failures = STORIES.flatMap((story, i) => tell(story, i + 1, site, join(place, 'state')));
  const untouched = (await hashTree(site)) === before;
  say(
    untouched ? '\nThe repository is untouched: every byte is as it was.' : '\nThe repository was changed!',
  );

  for (const failure of failures) say(`not as it should be: ${failure}`);
  process.exitCode = untouched && failures.length === 0 ? 0 : 1;
} finally {
  await rm(place, { recursive: true, force: true });
}

/** Runs one story through the real command line; answers with what went otherwise than told. */
function tell(story: Story, number: number, site: string, state: string): string[] {
  say(`\n${number}. ${story.title}\n`);
  say(
    `   drylane rehearse ${story.args.map((arg) => (/[^\w./=-]/.test(arg) ? `'${arg}'` : arg)).join(' ')}\n`,
  );
  const run = spawnSync(process.execPath, [DRYLANE, 'rehearse', '--state', state, ...story.args], {
    cwd: site,
    encoding: 'utf8',
  });
  process.stdout.write(run.stdout);
  process.stderr.write(run.stderr);
  const silent = story.says.filter((text) => !run.stdout.includes(text));
  return [
    ...(run.status === story.exit ? [] : [`story ${number} ended ${run.status}, not ${story.exit}`]),
    ...silent.map((text) => `story ${number} does not say "${text}"`),
  ];
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
