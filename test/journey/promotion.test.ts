import { appendFile, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Execution, Promoted } from '@drylane/proto/promotion';
import { Receipt, SignedReceipt } from '@drylane/proto/receipt';
import { describe, expect, it } from 'vitest';
import { makeBlog } from '../demo/blog.ts';
import { hashTree } from '../demo/tree.ts';
import { drylane, drylaneJson } from './drylane.ts';
import { makePlace } from './place.ts';
import { atTerminal } from './terminal.ts';

const FREE = 'version: 1\napprovals: { live: { from: never } }\n';
const ASKING = 'version: 1\napprovals: { live: { from: low } }\n';
const POSTS = ['--expect', 'blog/*.md'];
const REWRITE = [...POSTS, '--', 'python3 scripts/rewrite_frontmatter.py blog/*.md'];
const APPROVE = { at: 'Type "approve"', type: 'approve\r' };

/** A blog with a policy beside it. */
async function blogUnder(policy: string) {
  const place = await makePlace('promotion');
  await makeBlog(place.site);
  const file = join(place.root, 'policy.yaml');
  await writeFile(file, policy);
  const flags = ['--state', place.state, '--policy', file];
  const say = (args: readonly string[]) => drylane([...args, '--state', place.state], { cwd: place.site });
  return {
    ...place,
    say,
    read: (path: string) => readFile(join(place.site, path), 'utf8'),
    execute: (args: readonly string[]) =>
      drylaneJson<Execution>(['execute', ...flags, ...args], { cwd: place.site }),
    rehearse: (args: readonly string[]) =>
      drylaneJson<Execution>(['rehearse', ...flags, ...args], { cwd: place.site }),
    apply: (...args: readonly string[]) =>
      drylaneJson<Promoted>(['apply', '--state', place.state, ...args], { cwd: place.site }),
    terminal: (args: readonly string[], answers = [APPROVE]) =>
      atTerminal([...args, '--state', place.state], { cwd: place.site, answers }),
    statement: (run: string) => {
      const { stdout } = say(['receipt', run]);
      const { payload } = SignedReceipt.parse(JSON.parse(stdout));
      return Receipt.parse(JSON.parse(Buffer.from(payload, 'base64').toString()));
    },
  };
}

describe('a run that may land', () => {
  it('lands as it was rehearsed, once, and leaves a receipt that holds by itself', async () => {
    await using blog = await blogUnder(FREE);
    const index = await blog.read('blog/index.html');
    const { status, document } = blog.execute(REWRITE);
    expect([status, document.state]).toEqual([0, 'promoted']);
    expect(await blog.read('blog/hello.md')).toContain('\ntitle: Hello\n');
    expect(await blog.read('blog/index.html')).toBe(index);

    const { predicate, subject } = blog.statement(document.run_id);
    expect(subject[0]?.digest.sha256).toBe(document.change_set?.digest.slice('sha256:'.length));
    expect(predicate).toMatchObject({ state: 'promoted', diff: { files: 3 }, approvals: [] });

    const again = blog.say(['apply', document.run_id]);
    expect([again.status, again.stderr]).toEqual([2, expect.stringContaining('has landed already')]);
    const file = join(blog.root, 'receipts.jsonl');
    await writeFile(file, blog.say(['receipt', '--all']).stdout);
    expect(blog.say(['verify', file])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('unbroken'),
    });
  });

  it('lands nothing where a path is no longer as it was rehearsed on', async () => {
    await using blog = await blogUnder(FREE);
    const { document } = blog.rehearse(REWRITE);
    await appendFile(join(blog.site, 'blog/lanes.md'), 'Edited meanwhile.\n');
    const before = await hashTree(blog.site);
    const { status, document: promoted } = blog.apply(document.run_id);
    expect([status, promoted.state]).toEqual([13, 'drifted']);
    expect(promoted.promotion.drifts.map(({ path }) => path)).toEqual(['blog/lanes.md']);
    expect(await hashTree(blog.site)).toBe(before);
    expect(blog.statement(document.run_id).predicate.state).toBe('drifted');
  });

  it('lands in the directory that was rehearsed on, wherever its path leads by now', async () => {
    await using blog = await blogUnder(FREE);
    const { document } = blog.rehearse(['--expect', 'new.txt', '--', 'echo new > new.txt']);
    const outside = join(blog.root, 'outside');
    await mkdir(outside);
    await rename(blog.site, `${blog.site}.old`);
    await symlink(outside, blog.site);
    const { status, document: promoted } = drylaneJson<Promoted>(
      ['apply', '--state', blog.state, document.run_id],
      { cwd: blog.root },
    );
    expect([status, promoted.state]).toEqual([13, 'drifted']);
    expect(await readdir(outside)).toEqual([]);
  });

  it('is not merged where it was approved as it is', async () => {
    await using blog = await blogUnder(ASKING);
    blog.rehearse(REWRITE);
    await blog.terminal(['approve', 'last']);
    const merged = blog.say(['apply', 'last', '--merge']);
    expect([merged.status, merged.stderr]).toEqual([2, expect.stringContaining('without --merge')]);
    expect(blog.apply('last').status).toBe(0);
  });

  it('merges what others changed elsewhere in a text, where that is asked for, and says so', async () => {
    await using blog = await blogUnder(FREE);
    blog.rehearse(REWRITE);
    await appendFile(join(blog.site, 'blog/lanes.md'), 'Edited meanwhile.\n');
    const { status, document } = blog.apply('last', '--merge');
    expect([status, document.promotion.merged]).toEqual([0, ['blog/lanes.md']]);
    const text = await blog.read('blog/lanes.md');
    expect(text).toContain('\ntitle: Lanes\n');
    expect(text).toContain('Edited meanwhile.\n');
  });

  it('is not promoted where its envelope says none, or a verdict stands against it', async () => {
    await using blog = await blogUnder(FREE);
    const before = await hashTree(blog.site);
    const none = blog.execute(['--promotion', 'none', ...REWRITE]);
    expect([none.status, none.document.promotion]).toEqual([0, null]);
    expect(blog.say(['apply', none.document.run_id]).status).toBe(2);
    const blocked = blog.execute([...POSTS, '--', 'touch elsewhere']);
    expect([blocked.status, blocked.document.state]).toEqual([10, 'blocked']);
    expect(blog.statement(blocked.document.run_id).predicate.decision?.verdict).toBe('block');
    expect(await hashTree(blog.site)).toBe(before);
  });
});

describe('a run that a person has to agree to', () => {
  it('waits, and says what to type where nobody is there', async () => {
    await using blog = await blogUnder(ASKING);
    const flags = ['--state', blog.state, '--policy', join(blog.root, 'policy.yaml')];
    const before = await hashTree(blog.site);
    const { status, stdout } = drylane(['execute', ...flags, ...REWRITE], { cwd: blog.site });
    expect(status).toBe(11);
    expect(stdout).toMatch(/drylane approve --state \S+ run_\w+\n.*drylane apply --state \S+ run_/);
    expect(blog.say(['apply', 'last']).status).toBe(11);
    expect(blog.say(['approve', 'last']).status).toBe(11);
    expect(await hashTree(blog.site)).toBe(before);
  });

  it('lands after a person at a terminal has read it and agreed, and the receipt says who', async () => {
    await using blog = await blogUnder(ASKING);
    const { document } = blog.rehearse(REWRITE);
    const approved = await blog.terminal(['approve', 'last', '--comment', 'read it']);
    expect(approved.status).toBe(0);
    expect(approved.screen).toContain('lands by:       apply');
    expect(approved.screen).toContain('-Title: Hello');
    expect(approved.screen).toContain('+title: Hello');
    expect(blog.apply('last').document.state).toBe('promoted');
    expect(blog.statement(document.run_id).predicate.approvals).toMatchObject([
      { decision: 'approve', comment: 'read it', approver: { proof: 'terminal' } },
    ]);
  });

  it('asks at once where execute is typed at a terminal', async () => {
    await using blog = await blogUnder(ASKING);
    const args = ['execute', '--policy', join(blog.root, 'policy.yaml'), '--state', blog.state, ...REWRITE];
    const declined = await atTerminal(args, { cwd: blog.site, answers: [{ ...APPROVE, type: 'no\r' }] });
    expect(declined.status).toBe(11);
    expect(await blog.read('blog/hello.md')).toContain('Title:');
    const agreed = await atTerminal(args, { cwd: blog.site, answers: [APPROVE] });
    expect(agreed.status).toBe(0);
    expect(await blog.read('blog/hello.md')).toContain('title:');
  });

  it('ends when it is rejected, and cannot land after that', async () => {
    await using blog = await blogUnder(ASKING);
    const { document } = blog.rehearse(REWRITE);
    expect(blog.say(['reject', 'last', '--comment', 'not on a Friday']).status).toBe(0);
    expect(blog.say(['apply', 'last']).status).toBe(2);
    expect(blog.statement(document.run_id).predicate).toMatchObject({
      state: 'rejected',
      approvals: [{ decision: 'reject', comment: 'not on a Friday' }],
    });
  });

  it('is not asked about the same changes twice, unless policy says so', async () => {
    await using blog = await blogUnder(ASKING);
    blog.rehearse(REWRITE);
    await blog.terminal(['approve', 'last']);
    const second = blog.rehearse(REWRITE);
    expect(second.document.run_id).not.toBe('');
    expect(blog.say(['runs', '--limit', '1']).stdout).toContain('promotable');
    const other = blog.rehearse([...POSTS, '--', "sed -i 's/^Title/TITLE/' blog/*.md"]);
    expect(blog.say(['apply', other.document.run_id]).status).toBe(11);
    expect(blog.apply(second.document.run_id).document.state).toBe('promoted');
  });

  it('expires, with a receipt, where nobody agreed in time', async () => {
    await using blog = await blogUnder('version: 1\napprovals: { live: { from: low, expires: 1ms } }\n');
    const { document } = blog.rehearse(REWRITE);
    expect(blog.say(['apply', document.run_id]).status).toBe(2);
    expect(blog.statement(document.run_id).predicate.state).toBe('expired');
  });

  it('takes a passphrase as soon as anybody has an approver key; a terminal alone is nobody then', async () => {
    await using blog = await blogUnder(ASKING);
    blog.rehearse(REWRITE);
    await blog.terminal(['approve', 'last']);
    const phrase = { type: 'correct horse battery staple\r' };
    const made = await blog.terminal(
      ['init', '--approver', 'alice'],
      [
        { at: 'Passphrase for alice', ...phrase },
        { at: 'The same again', ...phrase },
      ],
    );
    expect(made.status).toBe(0);
    expect(blog.say(['apply', 'last']).status).toBe(11);
    const { document } = blog.rehearse(REWRITE);
    const signed = await blog.terminal(
      ['approve', 'last'],
      [APPROVE, { at: 'Passphrase of alice', ...phrase }],
    );
    expect(signed.status).toBe(0);
    expect(blog.apply('last').document.state).toBe('promoted');
    expect(blog.statement(document.run_id).predicate.approvals).toMatchObject([
      { approver: { id: 'alice', proof: 'key' } },
    ]);
  });
});

describe('what policy refuses', () => {
  it('leaves a receipt too', async () => {
    await using blog = await blogUnder(FREE);
    const refused = blog.execute(['--network', 'example.com', ...REWRITE]);
    expect(refused.status).toBe(2);
    expect(blog.statement('last').predicate).toMatchObject({
      state: 'refused',
      reason: expect.stringContaining('intent.network.0'),
    });
  });
});
