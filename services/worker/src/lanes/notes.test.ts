import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runId } from '@drylane/proto/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ClaimNote, openNotes } from './notes.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drylane-notes-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const note = (byte: number, more: Partial<ClaimNote> = {}): ClaimNote => {
  const run = runId(1, new Uint8Array(10).fill(byte));
  return { run, mode: 'apply', owner: `me.${byte}`, heard: false, landed: null, ...more };
};

describe('notes of claims', () => {
  it('are there for the next process, each as it was written last, until they are forgotten', () => {
    const notes = openNotes(directory);
    notes.write(note(1));
    notes.write(note(2));
    const ended = note(1, { landed: { result: 'rolled-back', reason: 'r', owner: 'me.1' } });
    notes.write(ended);
    const later = openNotes(directory);
    expect(later.all()).toEqual([ended, note(2)]);
    later.forget(ended.run);
    later.forget(ended.run);
    expect(later.read(ended.run)).toBeUndefined();
    expect(later.all()).toEqual([note(2)]);
    expect(readdirSync(join(directory, 'claims'))).toHaveLength(1);
  });

  it('that were half written when the machine stopped are none, and others are not guessed', () => {
    const notes = openNotes(directory);
    writeFileSync(join(directory, 'claims', `${note(1).run}.json.new`), '{"ru');
    expect(notes.all()).toEqual([]);
    notes.write(note(1));
    expect(notes.read(note(1).run)).toEqual(note(1));
    writeFileSync(join(directory, 'claims', `${note(2).run}.json`), '{"run":1}');
    const problem = expect.objectContaining({
      field: note(2).run,
      message: expect.stringContaining('.json'),
    });
    const unread = { code: 'machine-unfit', problems: [problem] };
    expect(() => notes.all()).toThrow(expect.objectContaining(unread));
    writeFileSync(join(directory, 'claims', `${note(2).run}.json`), '{');
    expect(() => notes.read(note(2).run)).toThrow(expect.objectContaining(unread));
    expect(notes.runs()).toEqual([note(1).run, note(2).run]);
    expect(existsSync(join(directory, 'claims', `${note(2).run}.json`))).toBe(true);
  });

  it('are written to no file that somebody has put a link to in their way', () => {
    const notes = openNotes(directory);
    const precious = join(directory, 'precious');
    writeFileSync(precious, 'mine');
    symlinkSync(precious, join(directory, 'claims', `${note(1).run}.json.new`));
    notes.write(note(1));
    expect([notes.read(note(1).run), readFileSync(precious, 'utf8')]).toEqual([note(1), 'mine']);
  });
});
