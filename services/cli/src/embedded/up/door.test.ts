import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { placeProblems } from '@drylane/dispatcher/admit/place';
import { Envelope } from '@drylane/proto/envelope';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPolicy } from '../policy.ts';
import { ownEntrance } from './door.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'drylane-door-')));
  mkdirSync(join(root, 'site'));
  symlinkSync(join(root, 'site'), join(root, 'link'));
});
afterEach(() => rmSync(root, { recursive: true }));

const envelopeIn = (working_dir: string, fields: object = {}) =>
  Envelope.parse({ command: 'ls', working_dir, intent: { mode: 'read-only' }, ...fields });

/** What is wrong with where an envelope leads, where one directory is vouched for. */
async function wrong(envelope: Envelope, vouched = root) {
  const entrance = ownEntrance(await openPolicy(undefined), [vouched]);
  return placeProblems(envelope, await entrance.locate(envelope, 'local')).map(({ message }) => message);
}

describe('the entrance of one machine', () => {
  it('is open for what lies in a directory that was vouched for, and for nothing else', async () => {
    expect(await wrong(envelopeIn(join(root, 'site')))).toEqual([]);
    expect(await wrong(envelopeIn(root), join(root, 'site'))).toEqual([expect.stringContaining('outside')]);
    expect(await wrong(envelopeIn(join(root, 'none')))).toEqual([expect.stringContaining('is not there')]);
  });

  it('refuses a path that leads elsewhere, because a worker would', async () => {
    await expect(wrong(envelopeIn(join(root, 'link')))).rejects.toThrow(`leads to ${join(root, 'site')}`);
    const workspace = { path: root };
    await expect(wrong(envelopeIn(join(root, 'link'), { workspace }))).rejects.toThrow('working_dir');
  });

  it('sends away what only a fleet has', async () => {
    const tree = { workspace: { git: { url: 'https://git.example/a', ref: 'main' } } };
    expect(await wrong(envelopeIn('/workspace', tree))).toEqual([expect.stringContaining('needs the fleet')]);
  });

  it('lets whoever asks for a rehearsal have it, whatever the risk', async () => {
    expect(ownEntrance(await openPolicy('strict'), []).next({ level: 'high' })).toBe('rehearsing');
  });
});
