import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Execution, Promoted } from '@drylane/proto/promotion';
import { Rehearsal } from '@drylane/proto/rehearsal';
import { Schedule } from '@drylane/proto/schedule';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DRYLANE, drylane } from '../journey/drylane.ts';
import { atTerminal } from '../journey/terminal.ts';
import { type CliFleet, HELD, idIn, makeSite, openCliFleet, textIn as text, WRITE } from './cli.ts';
import { startFleet } from './fleet.ts';

let cli: CliFleet;
let [agent, approver, operator]: NodeJS.ProcessEnv[] = [];
let own: string;
beforeAll(async () => {
  cli = await openCliFleet();
  ({ agent, approver, operator, own } = cli);
}, 180_000);
afterAll(async () => {
  await cli?.[Symbol.asyncDispose]();
}, 60_000);

const site = (name: string, root = cli.fleet.workspaces): Promise<string> => makeSite(root, name);
const run: CliFleet['run'] = (...asked) => cli.run(...asked);

describe('drylane rehearse against a fleet', () => {
  it('prints the same block, touches nothing, and says how it goes on standard error', async () => {
    const cwd = await site('rehearse');
    const { status, stdout, stderr } = run(['rehearse', ...WRITE], { cwd });
    expect(stderr).toMatch(/^run_\S+ {2}submitted\n/);
    expect(stderr).toContain('  promotable\n');
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^risk score: .*\napproval: /)]);
    expect(stdout).toContain('verdict:        promote');
    expect(stdout).toContain(`let it land: drylane apply ${idIn(stdout)}`);
    expect(await text(cwd)).toBe('old\n');
  });

  it('prints the same document', async () => {
    const { status, stdout } = run(['rehearse', '--json', ...WRITE], { cwd: await site('document') });
    expect(status).toBe(0);
    expect(Rehearsal.parse(JSON.parse(stdout))).toMatchObject({ verdict: 'promote', receipt: null });
  });

  it.each([
    [10, ['--expect', '*.md', '--', 'echo new > a.txt']],
    [11, HELD],
    [12, ['--read-only', '--timeout', '1s', '--', 'sleep 30']],
  ] as const)('exits %i by its verdict', async (status, words) => {
    const done = run(['rehearse', ...words], { cwd: await site(`status-${status}`) });
    expect([done.status, done.stderr]).toEqual([status, expect.stringContaining('submitted')]);
  });

  it('is refused by policy, and by what makes no sense, as bad input', async () => {
    const outside = run(['rehearse', '--read-only', '--', 'ls'], { cwd: own });
    expect([outside.status, outside.stderr]).toEqual([2, expect.stringContaining('envelope: was refused')]);
    const odd = run(['rehearse', '--json', '--', 'ls'], { cwd: await site('odd') });
    expect(odd.status).toBe(2);
    expect(JSON.parse(odd.stdout)).toMatchObject({ error: { code: 'bad-input' } });
    const here = run(['rehearse', '--policy', 'p', '--', 'ls'], { cwd: own });
    expect([here.status, here.stderr]).toEqual([2, expect.stringContaining('--policy')]);
  });
});

describe('drylane doctor against a fleet', () => {
  it('says whether it takes runs, and whether it knows the token', async () => {
    const good = run(['doctor']);
    expect([good.status, good.stdout]).toEqual([
      0,
      expect.stringMatching(/^ok {2}dispatcher .*\nok {2}token /),
    ]);
    const file = join(own, 'nobody.token');
    await writeFile(file, `drl_${'n'.repeat(12)}_${'x'.repeat(43)}\n`, { mode: 0o600 });
    const bad = run(['doctor', '--json'], { env: { ...agent, DRYLANE_TOKEN_FILE: file } });
    expect(bad.status).toBe(3);
    expect(JSON.parse(bad.stdout)).toMatchObject({
      ok: false,
      checks: [
        { name: 'dispatcher', ok: true },
        { name: 'token', ok: false, mend: expect.any(String) },
      ],
    });
  });
});

describe('drylane execute against a fleet', () => {
  it('lets it land, and answers with the document', async () => {
    const cwd = await site('execute');
    const { status, stdout } = run(['execute', '--json', ...WRITE], { cwd });
    expect(status).toBe(0);
    const report = Execution.parse(JSON.parse(stdout));
    expect(report).toMatchObject({ state: 'promoted', promotion: { result: 'promoted' } });
    expect(await text(cwd)).toBe('new\n');
    const receipt = run(['receipt', report.run_id]);
    expect(JSON.parse(receipt.stdout)).toHaveProperty('payload');
    const shown = run(['show', report.run_id]);
    expect(shown.stdout).toContain('state:          promoted');
    expect(Execution.parse(JSON.parse(run(['show', '--json', report.run_id]).stdout))).toEqual(report);
    expect(run(['diff', report.run_id]).stdout).toContain('+new');
    expect(run(['diff', report.run_id, 'nothing']).status).toBe(2);
    expect(run(['runs', '--limit', '3']).stdout).toContain(`${report.run_id}  `);
    expect(run(['suggest', report.run_id]).stdout).toContain('a.txt');
  });

  it('waits for a person, who is shown all of it at their terminal, and then it lands', async () => {
    const cwd = await site('approve');
    const waiting = run(['execute', ...HELD], { cwd });
    const id = idIn(waiting.stdout);
    expect(waiting.status).toBe(11);
    expect(waiting.stdout).toContain(`drylane approve ${id}`);
    expect(run(['approve', id], { env: approver }).status).toBe(11);
    const seen = await atTerminal(['approve', id, '--comment', 'read'], {
      ...{ cwd: own, env: approver },
      answers: [{ at: 'anything else to leave it:', type: 'approve\n' }],
    });
    expect(seen.screen).toMatch(/submitted by: +token:/);
    expect(seen.screen).toContain('+new');
    expect([seen.status, seen.screen]).toEqual([0, expect.stringContaining('it lands now')]);
    expect(run(['apply', id]).status).toBeOneOf([0, 2]);
    expect(await text(cwd)).toBe('new\n');
  });

  it('takes no for an answer, from a person and from whoever submitted it', async () => {
    const held = await Promise.all(['one', 'two', 'three'].map((name) => site(`no-${name}`)));
    const ids = held.map((cwd) => idIn(run(['execute', ...HELD], { cwd }).stdout));
    const [left = '', rejected = '', cancelled = ''] = ids;
    const typed = await atTerminal(['approve', left], {
      ...{ cwd: own, env: approver, answers: [{ at: 'anything else to leave it:', type: 'no\n' }] },
    });
    expect(typed.status).toBe(11);
    const reject = run(['reject', rejected, '--json'], { env: approver });
    expect(JSON.parse(reject.stdout)).toEqual({ run_id: rejected, state: 'rejected' });
    expect(run(['cancel', cancelled]).stdout).toContain('cancelled');
    for (const id of [rejected, cancelled]) expect(run(['apply', id]).status).toBe(2);
    expect(run(['apply', left]).status).toBe(11);
    for (const cwd of held) expect(await text(cwd)).toBe('old\n');
    const last = run(['cancel', 'last']);
    expect([last.status, last.stderr]).toEqual([2, expect.stringContaining('anybody')]);
  });

  it('exits 13 where the workspace was changed meanwhile', async () => {
    const cwd = await site('drift');
    const id = idIn(run(['rehearse', ...WRITE], { cwd }).stdout);
    await writeFile(join(cwd, 'a.txt'), 'theirs\n');
    const { status, stdout } = run(['apply', '--json', id]);
    expect(status).toBe(13);
    expect(Promoted.parse(JSON.parse(stdout))).toMatchObject({ state: 'drifted' });
    expect(await text(cwd)).toBe('theirs\n');
  });
});

describe('a fleet whose policy asks before a rehearsal, too', () => {
  it('shows at the terminal what is asked for, and rehearses it then', async () => {
    await using strict = await startFleet({
      policy: (root) =>
        `version: 1\napprovals: { rehearsal: { from: low } }\nworkspaces: { roots: ["${root}"] }\n`,
    });
    const as = async (role: string): Promise<NodeJS.ProcessEnv> => ({
      ...{ DRYLANE_URL: strict.url, DRYLANE_TOKEN: await strict.token(role, 'web') },
    });
    const cwd = await site('asked', strict.workspaces);
    const asked = run(['rehearse', ...WRITE], { cwd, env: await as('submitter') });
    const id = idIn(asked.stderr);
    expect([asked.status, asked.stderr]).toEqual([11, expect.stringContaining(`drylane approve ${id}`)]);
    const { status, screen } = await atTerminal(['approve', id], {
      ...{ cwd: own, env: await as('approver') },
      answers: [{ at: `let ${id} be rehearsed, anything else to leave it:`, type: 'approve\n' }],
    });
    expect([status, screen]).toEqual([0, expect.stringContaining('it is rehearsed now')]);
    expect(screen).toContain('echo new > a.txt');
    await strict.operator.until(id, 'promotable');
    const none = run(['apply', id, '--patch'], { env: await as('submitter') });
    expect([none.status, none.stdout]).toEqual([2, '']);
  }, 120_000);
});

describe('what operators do', () => {
  it('keeps schedules', async () => {
    const cwd = await site('scheduled');
    const words = [
      'schedule',
      'add',
      '--cron',
      '0 3 * * *',
      '--json',
      '--',
      'echo new > a.txt',
      '--expect',
      '*.txt',
    ];
    const added = run(words, { cwd });
    const schedule = Schedule.parse(JSON.parse(added.stdout));
    expect(schedule).toMatchObject({ cron: '0 3 * * *', promote: false, envelope: { working_dir: cwd } });
    expect(run(['schedule', 'list']).stdout).toContain(`${schedule.id}  0 3 * * * UTC`);
    expect(run(['schedule', 'remove', schedule.id]).status).toBe(0);
    expect(run(['schedule', 'list']).stdout).toBe('no schedules\n');
    expect(run(['schedule', 'remove', '../tokens']).status).toBe(2);
    expect(run(['schedule', 'add', '--cron', 'soon', '--read-only', '--', 'ls'], { cwd }).status).toBe(2);
  });

  it('gives out tokens, which are printed alone, and ends them', () => {
    const created = drylane(['token', 'create', 'ci', '--role', 'viewer', '--tenant', 'web'], {
      ...{ cwd: own, env: operator },
    });
    expect([created.status, created.stdout]).toEqual([0, expect.stringMatching(/^drl_[A-Za-z0-9_]+\n$/)]);
    const mine = { ...agent, DRYLANE_TOKEN_FILE: undefined, DRYLANE_TOKEN: created.stdout.trim() };
    expect(run(['runs'], { env: mine }).status).toBe(0);
    const { tokens } = JSON.parse(run(['token', 'list', '--json'], { env: operator }).stdout);
    const { id } = tokens.find(({ name }: { readonly name: string }) => name === 'ci');
    expect(run(['token', 'revoke', id], { env: operator }).stdout).toContain('revoked');
    expect(run(['runs'], { env: mine }).status).toBe(2);
    expect(run(['token', 'list']).status).toBe(2);
  });
});

describe('a fleet that is not as it should be', () => {
  it('does not know the token', () => {
    const env = { ...agent, DRYLANE_TOKEN_FILE: undefined, DRYLANE_TOKEN: `drl_${'x'.repeat(61)}` };
    const { status, stderr } = run(['runs'], { env });
    expect([status, stderr]).toEqual([2, expect.stringContaining('ask an operator')]);
  });

  it('is away', () => {
    const { status, stderr } = run(['runs', '--url', 'http://127.0.0.1:9', '--json']);
    expect([status, stderr]).toEqual([3, expect.stringContaining('cannot be reached')]);
  });

  it('goes on when whoever watches ends this process', async () => {
    const watched = await watching(await site('interrupted'), 'sleep 4');
    watched.child.kill('SIGINT');
    await watched.closed;
    expect([watched.child.exitCode, watched.said()]).toEqual([
      130,
      expect.stringContaining('goes on in the fleet'),
    ]);
    const id = idIn(watched.said());
    expect(await cli.fleet.operator.until(id, 'promotable')).toMatchObject({ state: 'promotable' });
  });

  it('comes back, and the run is followed on', async () => {
    const watched = await watching(await site('restarted'), 'sleep 6');
    await cli.fleet.processes.get('dispatcher')?.end('SIGKILL');
    await cli.fleet.start('dispatcher');
    await watched.closed;
    expect([watched.child.exitCode, watched.said()]).toEqual([0, expect.stringContaining('  promotable\n')]);
  });
});

/** Rehearses a command, and answers when that has begun. */
async function watching(cwd: string, command: string) {
  const words = [DRYLANE, 'rehearse', '--read-only', '--', command];
  const child = spawn(process.execPath, words, { cwd, env: { ...process.env, ...agent } });
  const closed = once(child, 'close');
  let said = '';
  await new Promise<void>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      said += part;
      if (said.includes('  rehearsing\n')) resolve();
    });
  });
  child.stdout.resume();
  return { child, closed, said: () => said };
}
