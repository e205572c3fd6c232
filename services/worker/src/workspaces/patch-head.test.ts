import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runId } from '@drylane/proto/ids';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailHead, type PatchHead } from './mail.ts';
import { patchHead } from './patch-head.ts';

const RUN = runId(Date.parse('2026-11-20T10:11:12.345Z'), new Uint8Array(10));
const ORIGIN = { commit: 'c'.repeat(40), changeSet: `sha256:${'d'.repeat(64)}` };

interface Words {
  readonly submitter?: string;
  readonly task?: string;
  readonly command?: string;
}

function headOf(
  { submitter = 'token:nightly', task, command = 'ls' }: Words,
  scrub = (text: string) => text,
) {
  const named = task === undefined ? {} : { task };
  const intent = { mode: 'read-only' as const };
  const envelope = { command, working_dir: '/workspace', intent, ...named };
  return patchHead({ run: RUN, submitter, envelope, command }, ORIGIN, scrub);
}

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'drylane-head-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What git reads in the mail: its message, then who, what and when. */
function readByGit(head: PatchHead): readonly string[] {
  const input = `${mailHead(head)}---\n\ndiff --git a/x b/x\n`;
  const message = join(directory, 'message');
  const told = execFileSync('git', ['mailinfo', '-u', message, '/dev/null'], { input, encoding: 'utf8' });
  return `${readFileSync(message, 'utf8')}${told.trim()}`.split('\n');
}

const TRAILERS = [
  `Drylane-Run: ${RUN}`,
  `Drylane-Base: ${ORIGIN.commit}`,
  `Drylane-Change-Set: ${ORIGIN.changeSet}`,
  `Drylane-Receipt: /v1/runs/${RUN}/receipt`,
];

const PIECES = fc.constantFrom(
  '\n',
  '\r\n',
  'From: a <b@c>',
  '---',
  '=?UTF-8?Q?a?=',
  '<',
  '"',
  '(',
  '[',
  ' ',
  '.',
  '\\',
  ',',
);

describe('the head of a run’s patch', () => {
  it('says who submitted it and when, what it was, and where its record is', () => {
    const read = readByGit(headOf({ task: 'nightly/site' }));
    expect(read).toEqual([
      ...TRAILERS,
      'Author: token:nightly',
      'Email: noreply@drylane.invalid',
      'Subject: Run nightly/site',
      'Date: Fri, 20 Nov 2026 10:11:12 +0000',
    ]);
  });

  it.each([
    [{ submitter: 'alice@example.org' }, 'alice at example.org', 'Run ls'],
    [{ submitter: 'x' }, 'drylane x', 'Run ls'],
    [{ submitter: '' }, 'drylane', 'Run ls'],
    [{ submitter: '.,;<>"\\' }, 'drylane', 'Run ls'],
    [{ submitter: '=?UTF-8?B?ZXZpbA==?=\r\nBcc: x' }, 'UTF-8-B-ZXZpbA-Bcc: x', 'Run ls'],
    [{ submitter: 'é'.repeat(50) }, 'é'.repeat(30), 'Run ls'],
    [{ command: '[ -f x ] && rm x' }, 'token:nightly', 'Run [ -f x ] && rm x'],
    [{ command: '  a\n\n---\nSubject: b' }, 'token:nightly', 'Run a --- Subject: b'],
    [{ command: 'a\x1b[2J\u202eb' }, 'token:nightly', 'Run a\\x1b[2J\\u202eb'],
  ])('of %j is by %j and called %j', (words, author, subject) => {
    const read = readByGit(headOf(words));
    expect(read).toEqual(expect.arrayContaining([`Author: ${author}`, `Subject: ${subject}`]));
  });

  it('has no more than the first words of a command', () => {
    expect(headOf({ command: 'x'.repeat(100_000) }).subject).toBe(`Run ${'x'.repeat(59)}…`);
  });

  it('holds no secret', () => {
    const head = headOf({ command: 'curl -u s3cret' }, (text) => text.replaceAll('s3cret', '[redacted]'));
    expect(head.subject).toBe('Run curl -u [redacted]');
  });

  it('is one that git takes for nothing else, whatever the words are', () => {
    const words = fc.string({
      unit: fc.oneof(fc.string({ unit: 'binary', maxLength: 1 }), PIECES),
      maxLength: 40,
    });
    fc.assert(
      fc.property(words, words, (submitter, command) => {
        const head = headOf({ submitter, command: `${command}.` });
        const read = readByGit(head);
        expect(read.slice(0, 7)).toEqual([
          ...TRAILERS,
          `Author: ${head.author.name}`,
          'Email: noreply@drylane.invalid',
          `Subject: ${head.subject}`,
        ]);
        expect(read).toHaveLength(8);
      }),
      { numRuns: 300 },
    );
  });
});
