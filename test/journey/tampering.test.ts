import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ChangeSet } from '@drylane/proto/change-set';
import type { Execution } from '@drylane/proto/promotion';
import { describe, expect, it } from 'vitest';
import { makeBlog } from '../demo/blog.ts';
import { hashTree } from '../demo/tree.ts';
import { drylane, drylaneJson } from './drylane.ts';
import { makePlace } from './place.ts';
import { atTerminal } from './terminal.ts';

const blobPath = (state: string, digest: string): string => {
  const hex = digest.slice('sha256:'.length);
  return join(state, 'blobs', hex.slice(0, 2), hex.slice(2));
};

/** Changes one byte in the middle of a file. */
async function flip(path: string): Promise<void> {
  const bytes = await readFile(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

interface Row {
  readonly evidence_digest: string;
  readonly decision_digest: string;
  readonly policy_digest: string;
  readonly change_set_digest: string;
}

/** A run that was approved and has not landed, with a hand on everything that its approval rests on. */
async function approvedRun() {
  const place = await makePlace('tampering');
  await makeBlog(place.site);
  const policy = join(place.root, 'policy.yaml');
  await writeFile(policy, 'version: 1\napprovals: { live: { from: low } }\n');
  const args = ['--state', place.state, '--policy', policy, '--expect', 'blog/*.md', '--'];
  const { document } = drylaneJson<Execution>(['rehearse', ...args, 'sed -i s/notes/note/ blog/*.md'], {
    cwd: place.site,
  });
  await atTerminal(['approve', 'last', '--state', place.state], {
    cwd: place.site,
    answers: [{ at: 'Type "approve"', type: 'approve\r' }],
  });
  const database = join(place.state, 'ledger.sqlite');
  const sql = <T>(use: (db: DatabaseSync) => T): T => {
    const db = new DatabaseSync(database);
    try {
      return use(db);
    } finally {
      db.close();
    }
  };
  const row = sql((db) => db.prepare('select * from runs').get() as unknown as Row);
  const blob = (digest: string): string => blobPath(place.state, digest);
  const layer = async (): Promise<string> => {
    const manifest = ChangeSet.parse(JSON.parse(await readFile(blob(row.change_set_digest), 'utf8')));
    return blob(manifest.layer.digest);
  };
  return { ...place, id: document.run_id, row, sql, blob, layer };
}

type Approved = Awaited<ReturnType<typeof approvedRun>>;

const TAMPERED: Readonly<Record<string, (run: Approved) => unknown>> = {
  'the change set': ({ blob, row }) => flip(blob(row.change_set_digest)),
  'the contents that it lands': async ({ layer }) => flip(await layer()),
  'the evidence': ({ blob, row }) => flip(blob(row.evidence_digest)),
  'the policy': ({ blob, row }) => flip(blob(row.policy_digest)),
  'the envelope and the findings': ({ blob, row }) => flip(blob(row.decision_digest)),
  'the digest of the envelope': ({ sql, row }) =>
    sql((db) => db.prepare('update runs set envelope_digest = ?').run(row.policy_digest)),
  'the digest of the change set': ({ sql, row }) =>
    sql((db) => db.prepare('update runs set change_set_digest = ?').run(row.evidence_digest)),
  'the approval, to be of another': ({ sql }) =>
    sql((db) => db.prepare("update approvals set json = replace(json, 'person:', 'qerson:')").run()),
  'the event of the approval': ({ sql }) =>
    sql((db) => db.prepare("update events set json = replace(json, 'person:', 'qerson:')").run()),
  'the approval, taken away': ({ sql }) =>
    sql((db) => {
      db.exec("delete from approvals; delete from events where type = 'approved'");
    }),
};

describe('one thing changed after the approval', () => {
  it.each(Object.entries(TAMPERED))('%s: nothing lands', async (_, tamper) => {
    await using run = await approvedRun();
    await tamper(run);
    // Not the root's own time: new contents may have been staged in it, and taken away again.
    const posts = join(run.site, 'blog');
    const before = await hashTree(posts);
    const applied = drylane(['apply', run.id, '--state', run.state], { cwd: run.site });
    expect(applied.status, applied.stderr).toBe(1);
    expect(await hashTree(posts)).toBe(before);
  });

  it('and nothing else makes it land: untouched, it does', async () => {
    await using run = await approvedRun();
    expect(drylane(['apply', run.id, '--state', run.state], { cwd: run.site }).status).toBe(0);
    expect(await readFile(join(run.site, 'blog/hello.md'), 'utf8')).toContain('Tags: note\n');
  });
});

describe('a receipt changed in the middle of the chain', () => {
  it('is the first broken link, by its place and its run', async () => {
    await using place = await makePlace('chain');
    await writeFile(join(place.site, 'a'), 'a\n');
    const runs = Array.from({ length: 3 }, () => {
      const args = ['rehearse', '--state', place.state, '--read-only', '--', 'touch b'];
      return drylaneJson<Execution>(args, { cwd: place.site }).document.run_id;
    });
    const lines = drylane(['receipt', '--all', '--state', place.state], { cwd: place.site }).stdout.split(
      '\n',
    );
    const file = join(place.root, 'receipts.jsonl');
    const verify = () => drylane(['verify', file, '--state', place.state], { cwd: place.site });
    await writeFile(file, lines.join('\n'));
    expect(verify().status).toBe(0);

    const middle = JSON.parse(lines[1] ?? '') as { payload: string };
    const statement = Buffer.from(middle.payload, 'base64').toString().replace('"block"', '"promote"');
    const forged = JSON.stringify({ ...middle, payload: Buffer.from(statement).toString('base64') });
    await writeFile(file, [lines[0], forged, lines[2]].join('\n'));
    const broken = verify();
    expect(broken.status).toBe(10);
    expect(broken.stdout).toContain(`receipt 1 ${runs[1]}`);

    await writeFile(file, [lines[0], lines[2]].join('\n'));
    expect(verify()).toMatchObject({ status: 10, stdout: expect.stringContaining('receipt 1 is missing') });
  });
});
