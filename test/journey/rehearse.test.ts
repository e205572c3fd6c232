import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Rehearsal } from '@drylane/proto/rehearsal';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { makeBlog } from '../demo/blog.ts';
import { hashTree } from '../demo/tree.ts';
import { CHECKOUT, drylane, drylaneJson } from './drylane.ts';
import { makePlace } from './place.ts';

const ENVELOPE = (site: string, command: string): string => `
task: normalize-blog-frontmatter
command: ${JSON.stringify(command)}
working_dir: ${site}
workspace: { path: ${site} }
image: drylane/sandbox
shell: bash
intent:
  summary: Normalize frontmatter keys in blog markdown posts
  mode: mutating
  expected_writes: ["blog/*.md"]
  forbidden_paths: [".git/", "secrets/"]
  network: none
  credentials: []
  expected_exit: [0]
  reviewer_note: Should only rewrite YAML frontmatter, no content body edits
env: { LANG: C.UTF-8 }
limits: { timeout: 60s, memory: 512Mi, cpus: 1, pids: 256, disk: 256Mi, output: 1Mi }
promotion: auto
idempotency_key: nightly-2026-11-20
`;

async function validator() {
  const schema = JSON.parse(await readFile(join(CHECKOUT, 'proto/schemas/rehearsal.json'), 'utf8'));
  return new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
}

describe('a rehearsal through the command line', () => {
  it('answers an envelope with JSON that fits its schema, and leaves the workspace byte for byte', async () => {
    await using place = await makePlace('envelope');
    await makeBlog(place.site);
    const file = join(place.root, 'envelope.yaml');
    await writeFile(file, ENVELOPE(place.site, 'python3 scripts/rewrite_frontmatter.py blog/*.md'));
    const before = await hashTree(place.site);

    const { status, document } = drylaneJson<Rehearsal>(['rehearse', '-f', file, '--state', place.state], {
      cwd: place.site,
    });

    const valid = await validator();
    expect(valid(document), JSON.stringify(valid.errors)).toBe(true);
    expect(status).toBe(0);
    expect(document.verdict).toBe('promote');
    expect(document.task).toBe('normalize-blog-frontmatter');
    expect(document.evidence.changes.map((c) => [c.path, c.kind, c.class])).toEqual([
      ['blog/hello.md', 'modified', 'expected'],
      ['blog/lanes.md', 'modified', 'expected'],
      ['blog/receipts.md', 'modified', 'expected'],
    ]);
    expect(await hashTree(place.site)).toBe(before);
  });

  it('blocks what intent did not allow, and names the path, the step and the diff', async () => {
    await using place = await makePlace('block');
    await makeBlog(place.site);
    const args = [
      '--state',
      place.state,
      '--policy',
      'strict',
      '--expect',
      'blog/*.md',
      '--',
      'sed -i s/notes/note/ blog/*.md && rm -rf drafts; ls',
    ];
    const { status, document } = drylaneJson<Rehearsal>(['rehearse', ...args], {
      cwd: place.site,
    });
    expect(status).toBe(10);
    expect(document.findings.find((f) => f.rule === 'surprise-path')).toMatchObject({
      paths: ['drafts'],
      step: 1,
    });
    expect(document.findings.find((f) => f.rule === 'many-deleted')).toMatchObject({
      ...{ severity: 'hold', paths: ['drafts'], step: 1 },
    });
    expect(document.evidence.steps.map((s) => s.changes)).toEqual([
      ['blog/hello.md', 'blog/lanes.md', 'blog/receipts.md'],
      ['drafts'],
      [],
    ]);

    const diff = drylane(['diff', 'last', 'blog/lanes.md', '--state', place.state], { cwd: place.site });
    expect(diff.stdout).toContain('-Tags: notes\n+Tags: note\n');
    const shown = drylane(['show', document.run_id, '--state', place.state], { cwd: place.site });
    expect(shown.stdout).toContain('D drafts (3 entries)  surprise');
    const runs = drylane(['runs', '--state', place.state], { cwd: place.site });
    expect(runs.stdout).toContain(`${document.run_id}  `);
    const suggested = drylane(['suggest', 'last', '--state', place.state], { cwd: place.site });
    expect(suggested.stdout).toContain('drafts');
  });

  it('refuses bad input with the field and the mend, exits 2, and keeps a run only of what policy refused', async () => {
    await using place = await makePlace('refuse');
    const nothing = drylane(['rehearse', '--state', place.state, '--', 'true'], { cwd: place.site });
    expect(nothing.status).toBe(2);
    expect(nothing.stderr).toContain('intent.expected_writes');
    expect(nothing.stderr).toContain('--read-only');

    const climbing = drylane(['rehearse', '--state', place.state, '--expect', '../x', '--', 'true'], {
      cwd: place.site,
    });
    expect(climbing.status).toBe(2);
    expect(climbing.stderr).toContain('intent.expected_writes.0');

    const runs = () => drylane(['runs', '--state', place.state], { cwd: place.site }).stdout;
    expect(runs()).toContain('no runs yet');

    const elsewhere = drylane(['rehearse', '--state', place.state, '-f', '-'], {
      cwd: place.site,
      input: ENVELOPE('/srv', 'true'),
    });
    expect(elsewhere.status).toBe(2);
    expect(runs()).toContain('refused');
  });

  it('says what is missing when no engine answers, with exit status 3', async () => {
    await using place = await makePlace('engine');
    const env = { DOCKER_HOST: `unix://${place.root}/nobody.sock` };
    const run = drylane(['rehearse', '--state', place.state, '--read-only', '--', 'true'], {
      cwd: place.site,
      env,
    });
    const doctor = drylane(['doctor', '--state', place.state], { cwd: place.site, env });
    for (const { status, stdout, stderr } of [run, doctor]) {
      expect(status).toBe(3);
      expect(stdout + stderr).toContain('no container engine answers');
      expect(stdout + stderr).toContain('npm run machine');
    }
  });

  it('gives people the block and machines the exit status', async () => {
    await using place = await makePlace('block');
    await mkdir(join(place.site, 'logs'));
    const run = drylane(
      ['rehearse', '--state', place.state, '--read-only', '--', 'ls | tee logs/x; exit 4'],
      {
        cwd: place.site,
      },
    );
    expect(run.status).toBe(10);
    expect(run.stdout.split('\n').map((l) => l.split(':')[0])).toEqual(
      expect.arrayContaining([
        'risk score',
        'approval',
        'sandbox',
        'exit code',
        'files changed',
        'blocked',
        'note',
      ]),
    );
    expect(run.stdout).toContain('exit code:      4');
  });

  it('blocks what is of high risk and cannot be split, and says how to go on', async () => {
    await using place = await makePlace('opaque');
    const command = "trap 'echo failed' ERR; sudo rm -rf /etc /home";
    const flags = ['rehearse', '--state', place.state, '--read-only', '--expect-exit', '127'];
    const { status, document } = drylaneJson<Rehearsal>([...flags, '--', command], { cwd: place.site });
    expect(status).toBe(10);
    expect(document.findings).toContainEqual(
      expect.objectContaining({ rule: 'opaque-high-risk', severity: 'block' }),
    );
    const shown = drylane([...flags, '--', command], { cwd: place.site });
    expect([shown.status, shown.stdout]).toEqual([10, expect.stringContaining('drylane steps -- COMMAND')]);
  });
});
