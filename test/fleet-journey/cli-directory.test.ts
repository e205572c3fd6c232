import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Execution, Promoted } from '@drylane/proto/promotion';
import { gitIn } from '@drylane/worker/workspaces/git.fixture';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { atTerminal } from '../journey/terminal.ts';
import { type CliFleet, HELD, idIn, makeSite, openCliFleet, textIn as text, WRITE } from './cli.ts';
import { makeRepository, type Repository } from './repository.ts';

let cli: CliFleet;
let own: string;
let repository: Repository;
let first: string;
beforeAll(async () => {
  repository = makeRepository();
  first = repository.commit({ 'site/a.txt': 'old\n', 'other.md': 'o\n' });
  const worker = { DRYLANE_GIT_SOURCES: `file:${repository.directory}` };
  cli = await openCliFleet({ environment: { rehearsal: worker, live: worker } });
  ({ own } = cli);
}, 180_000);
afterAll(async () => {
  await cli?.[Symbol.asyncDispose]();
  repository?.[Symbol.dispose]();
}, 60_000);

const run: CliFleet['run'] = (...asked) => cli.run(...asked);

describe('a directory that is sent to a fleet', () => {
  it('is rehearsed on there, and its changes are applied here', async () => {
    const cwd = await makeSite(own, 'mine');
    await symlink('/etc/passwd', join(cwd, 'link'));
    const { status, stdout } = run(['rehearse', '--snapshot', '.', ...WRITE], { cwd });
    const id = idIn(stdout);
    expect([status, stdout]).toEqual([0, expect.stringContaining(`drylane apply ${id} --workspace ${cwd}`)]);
    expect(run(['apply', id]).status).toBe(2);
    const applied = run(['apply', '--json', id, '--workspace', cwd]);
    expect(applied.status).toBe(0);
    expect(Promoted.parse(JSON.parse(applied.stdout))).toMatchObject({
      ...{ state: 'promoted', promotion: { result: 'promoted' }, receipt: { sequence: expect.any(Number) } },
    });
    expect(await text(cwd)).toBe('new\n');
    const { payload } = JSON.parse(run(['receipt', id]).stdout);
    const { predicate } = JSON.parse(Buffer.from(payload, 'base64').toString());
    expect(predicate.promotion).toMatchObject({
      result: 'promoted',
      claimant: expect.stringMatching(/^token:/),
    });
    const again = run(['apply', id, '--workspace', await makeSite(own, 'mine-too')]);
    expect([again.status, again.stderr]).toEqual([2, expect.stringContaining('a run lands once')]);
  });

  it('lands by itself where that was asked for, and nobody has to agree', async () => {
    const cwd = await makeSite(own, 'sent');
    const { status, stdout } = run(['execute', '--json', '--snapshot', '.', ...WRITE], { cwd });
    expect([status, Execution.parse(JSON.parse(stdout))]).toMatchObject([
      ...[0, { state: 'promoted', promotion: { result: 'promoted' }, receipt: expect.any(Object) }],
    ]);
    expect(await text(cwd)).toBe('new\n');
    const held = run(['execute', '--snapshot', '.', ...HELD], { cwd: await makeSite(own, 'sent-held') });
    expect([held.status, held.stdout]).toEqual([11, expect.stringContaining('--workspace')]);
  });

  it('is over where something had changed, and not to be applied before a person agreed', async () => {
    const cwd = await makeSite(own, 'changed');
    const held = idIn(run(['rehearse', '--snapshot', '.', ...HELD], { cwd }).stdout);
    expect(run(['apply', held, '--workspace', cwd]).status).toBe(11);
    const id = idIn(run(['rehearse', '--snapshot', '.', ...WRITE], { cwd }).stdout);
    await writeFile(join(cwd, 'a.txt'), 'theirs\n');
    const drifted = run(['apply', '--json', id, '--workspace', cwd]);
    expect([drifted.status, Promoted.parse(JSON.parse(drifted.stdout)).state]).toEqual([13, 'drifted']);
    expect(await text(cwd)).toBe('theirs\n');
  });

  it('is named by its digest, without what was excluded', async () => {
    const cwd = await makeSite(own, 'named');
    await mkdir(join(cwd, 'big'));
    execFileSync('mkfifo', [join(cwd, 'big/fifo')]);
    expect(run(['snapshot', '.'], { cwd }).stderr).toContain('is a fifo');
    const { status, stdout } = run(['snapshot', '.', '--exclude', 'big/'], { cwd });
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/)]);
    const file = join(own, 'envelope.json');
    const intent = { mode: 'read-only' };
    const on = { command: 'test ! -e big && cat a.txt', working_dir: '/workspace', intent };
    await writeFile(file, JSON.stringify({ ...on, workspace: { snapshot: stdout.trim() } }));
    expect(run(['rehearse', '-f', file]).status).toBe(0);
    expect(run(['execute', '-f', file]).stderr).toContain('lands where you have it');
  });
});

describe('a git tree', () => {
  it('comes back as a patch for git am, or is applied to a clone; a terminal is shown neither', async () => {
    const file = join(own, 'git.json');
    const intent = { mode: 'mutating', expected_writes: ['site/**'] };
    const workspace = { git: { url: repository.url, ref: 'main' } };
    const command = 'echo new > a.txt; echo b > b.txt';
    await writeFile(file, JSON.stringify({ command, working_dir: '/workspace/site', workspace, intent }));
    const rehearsed = run(['rehearse', '-f', file]);
    const id = idIn(rehearsed.stdout);
    expect([rehearsed.status, rehearsed.stderr]).toEqual([0, expect.stringContaining('promotable')]);
    const patch = run(['apply', id, '--patch']);
    expect(patch.status).toBe(0);
    const [taken, applied] = [repository.clone(first), repository.clone(first)];
    gitIn(taken, ['am', '--quiet'], patch.stdout);
    const tree = repository.treeAfter(first, command, 'site');
    expect(gitIn(taken, ['rev-parse', 'HEAD^{tree}'])).toBe(tree);
    expect(run(['apply', id, '--workspace', applied]).status).toBe(0);
    gitIn(applied, ['add', '-A']);
    expect(gitIn(applied, ['write-tree'])).toBe(tree);
    const again = run(['apply', id, '--workspace', repository.clone(first)]);
    expect([again.status, again.stderr]).toEqual([
      2,
      expect.stringContaining(`apply ${id} --patch | git am`),
    ]);
    expect(run(['apply', id, '--patch']).stdout).toBe(patch.stdout);
    const shown = await atTerminal(['apply', id, '--patch'], { cwd: own, env: cli.agent, answers: [] });
    expect([shown.status, shown.screen]).toEqual([2, expect.stringContaining('nothing for a terminal')]);
  });
});
