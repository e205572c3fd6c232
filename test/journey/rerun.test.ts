import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Execution, Promoted } from '@drylane/proto/promotion';
import { Receipt, SignedReceipt } from '@drylane/proto/receipt';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { addresses } from '../sandbox/servers.ts';
import { CHECKOUT, drylane, drylaneJson } from './drylane.ts';
import { makePlace } from './place.ts';
import { listen } from './server.ts';
import { atTerminal } from './terminal.ts';

const TOKEN = 'ghp_Zk3Qv8Wn2Lr6Tj9Xb5Yd1Hc7Mf4Pg0Sa3Ue6';
const APPROVE = [{ at: 'Type "approve"', type: 'approve\r' }];

// As curl ends where it finds no network: in a rehearsal, that is as good as it gets.
const OFFLINE = ['--expect-exit', '0', '--expect-exit', '7'];

const DIVERGED = { state: 'diverged', promotion: { mode: 'rerun', result: 'diverged' } };

/** A workspace under a policy that lets one server be reached, with a token that is given live. */
async function serverAndSite() {
  const place = await makePlace('rerun');
  const server = await listen();
  const host = `${addresses().own}:${server.port}`;
  const policy = join(place.root, 'policy.yaml');
  await writeFile(
    policy,
    `version: 1
network: { declarable: ["${host}"] }
credentials: { API_TOKEN: { mock: ghp_, live: { env: REAL_TOKEN } } }
rules:
  - name: reaches-out
    when: envelope.intent.network.size() > 0
    severity: hold
    message: it reaches for a host
  - name: only-live
    when: evidence.fidelity.network == "allowlist" && evidence.changes.exists(c, c.path == "elsewhere.txt")
    severity: hold
    message: it went elsewhere, live
`,
  );
  const flags = ['--state', place.state, '--policy', policy, '--network', host, '--credential', 'API_TOKEN'];
  return {
    ...place,
    server,
    host,
    rehearse: (command: string, ...more: readonly string[]) =>
      drylaneJson<Execution>(['rehearse', ...flags, ...more, '--', command], { cwd: place.site }).document,
    approve: (run: string) =>
      atTerminal(['approve', run, '--state', place.state], { cwd: place.site, answers: APPROVE }),
    apply: (run: string, env: NodeJS.ProcessEnv) =>
      drylaneJson<Promoted>(['apply', run, '--state', place.state], { cwd: place.site, env }),
    /** What the receipt of a run says. */
    statement: (run: string) => {
      const { stdout } = drylane(['receipt', run, '--state', place.state], { cwd: place.site });
      const { payload } = SignedReceipt.parse(JSON.parse(stdout));
      return Receipt.parse(JSON.parse(Buffer.from(payload, 'base64').toString())).predicate;
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await place[Symbol.asyncDispose]();
    },
  };
}

describe('a command that is about something remote', () => {
  it('runs once for real, with the real token, and what it fetched lands', async () => {
    await using at = await serverAndSite();
    const command = `curl -sf -H "Authorization: $API_TOKEN" http://${at.host}/zen > zen.txt`;
    const run = at.rehearse(command, '--expect', 'zen.txt', ...OFFLINE);
    expect(await at.server.seen()).toEqual([]);
    expect((await at.approve(run.run_id)).status).toBe(0);
    const { status, document } = at.apply(run.run_id, { REAL_TOKEN: TOKEN });
    expect([status, document.promotion.mode, document.promotion.result]).toEqual([0, 'rerun', 'promoted']);
    expect(await at.server.seen()).toEqual([{ url: '/zen', authorization: TOKEN }]);
    expect(await readFile(join(at.site, 'zen.txt'), 'utf8')).toBe('Keep it simple.\n');

    const again = drylane(['apply', run.run_id, '--state', at.state], {
      cwd: at.site,
      env: { REAL_TOKEN: TOKEN },
    });
    expect(again.status).toBe(2);
    expect(await at.server.seen()).toHaveLength(1);
    const found = spawnSync('grep', ['-rl', '--', TOKEN, at.state], { encoding: 'utf8' });
    expect([found.status, found.stdout]).toEqual([1, '']);
  });

  it('lands nothing of what it did otherwise than declared, and the receipt says that it diverged', async () => {
    await using at = await serverAndSite();
    const command = `curl -sf http://${at.host}/zen > zen.txt && cp zen.txt elsewhere.txt`;
    const run = at.rehearse(command, '--expect', 'zen.txt', ...OFFLINE);
    await at.approve(run.run_id);
    const { status, document } = at.apply(run.run_id, { REAL_TOKEN: TOKEN });
    expect([status, document.state]).toEqual([11, 'diverged']);
    expect(JSON.stringify(document.promotion.divergences)).toContain('elsewhere.txt');
    expect(JSON.stringify(document.promotion.divergences)).toContain('only-live: it went elsewhere');
    expect(JSON.stringify(document.promotion.divergences)).not.toContain('reaches-out');
    expect(existsSync(join(at.site, 'zen.txt'))).toBe(false);
    expect(at.statement(run.run_id)).toMatchObject(DIVERGED);
  });

  it('diverges by a host that it reaches for and by how it ends, and the receipt says so', async () => {
    await using at = await serverAndSite();
    const command = `curl -sf http://${at.host}/zen && ! curl -s http://192.0.2.1/ && exit 3`;
    const run = at.rehearse(command, '--read-only', ...OFFLINE);
    await at.approve(run.run_id);
    const { status, document } = at.apply(run.run_id, { REAL_TOKEN: TOKEN });
    expect([status, document.state]).toEqual([11, 'diverged']);
    const said = document.promotion.divergences.map(({ message }) => message);
    expect(said).toContainEqual(expect.stringMatching(/^undeclared-network: .*192\.0\.2\.1/));
    expect(said).toContainEqual(expect.stringMatching(/^unexpected-exit: .*3/));
    expect(at.statement(run.run_id)).toMatchObject(DIVERGED);
  });

  it('is not run where anything in its workspace was changed after it was approved', async () => {
    await using at = await serverAndSite();
    const script = join(at.site, 'deploy.sh');
    await writeFile(script, `curl -sf http://${at.host}/ok || true\n`);
    const run = at.rehearse('sh deploy.sh', '--read-only');
    await at.approve(run.run_id);
    await writeFile(script, `curl -sf -H "Authorization: $API_TOKEN" http://${at.host}/evil\n`);
    const { status, document } = at.apply(run.run_id, { REAL_TOKEN: TOKEN });
    expect([status, document.state]).toEqual([13, 'drifted']);
    expect(await at.server.seen()).toEqual([]);
  });

  it('shows and keeps the real token nowhere, not even as the name of a file', async () => {
    await using at = await serverAndSite();
    const command = `curl -sf http://${at.host}/ && mkdir -p out/d-$API_TOKEN; true`;
    const run = at.rehearse(command, '--expect', 'out/**');
    await at.approve(run.run_id);
    const { document } = at.apply(run.run_id, { REAL_TOKEN: TOKEN });
    expect(document.state).toBe('diverged');
    expect(JSON.stringify(document)).not.toContain(TOKEN);
    const found = spawnSync('grep', ['-rl', '--', TOKEN, at.state], { encoding: 'utf8' });
    expect([found.status, found.stdout]).toEqual([1, '']);
  });

  it('is not run at all where the real token is not there', async () => {
    await using at = await serverAndSite();
    const run = at.rehearse(`curl -sf http://${at.host}/zen || true`, '--read-only');
    await at.approve(run.run_id);
    const { status, stderr } = at.apply(run.run_id, { REAL_TOKEN: '' });
    expect([status, stderr]).toEqual([2, expect.stringContaining('REAL_TOKEN is not set')]);
    expect(await at.server.seen()).toEqual([]);
    expect(at.apply(run.run_id, { REAL_TOKEN: TOKEN }).document.promotion).toMatchObject({
      result: 'promoted',
      divergences: [],
    });
  });
});

describe('what execute answers as JSON', () => {
  it('fits its schema', async () => {
    await using place = await makePlace('execution');
    await writeFile(join(place.site, 'a'), 'a\n');
    const policy = join(place.root, 'policy.yaml');
    await writeFile(policy, 'version: 1\napprovals: { live: { from: never } }\n');
    const args = ['execute', '--state', place.state, '--policy', policy, '--expect', 'b', '--', 'cp a b'];
    const { document } = drylaneJson<Execution>(args, { cwd: place.site });
    const schema = JSON.parse(await readFile(join(CHECKOUT, 'proto/schemas/execution.json'), 'utf8'));
    const valid = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
    expect(valid(document), JSON.stringify(valid.errors)).toBe(true);
    expect(await readFile(join(place.site, 'b'), 'utf8')).toBe('a\n');
  });
});
