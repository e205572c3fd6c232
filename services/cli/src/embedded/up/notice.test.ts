import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { currentOwner, formatOwner } from '@drylane/worker/sandbox/owner';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isSaidStill, type Notice, noticeFile, noticeIn, ownText, tokenFile, upIn } from './notice.ts';

let state: string;
let notice: Notice;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'drylane-notice-'));
  mkdirSync(upIn(state), { mode: 0o700 });
  notice = {
    ...{ version: 1, url: 'http://127.0.0.1:4000', token_file: tokenFile(state), pid: process.pid },
    ...{ owner: formatOwner(currentOwner()), taking: true, roots: ['/srv'], live_from: 'medium' },
  };
  say({});
});
afterEach(() => rmSync(state, { recursive: true }));

const say = (fields: object): void =>
  writeFileSync(noticeFile(state), JSON.stringify({ ...notice, ...fields }), { mode: 0o600 });

describe('what a drylane up says of itself', () => {
  it('is heard by the same user while it lives', () => {
    expect(noticeIn(state)).toEqual(notice);
    expect(isSaidStill(state, notice)).toBe(true);
  });

  it.each([0o640, 0o604, 0o620, 0o602, 0o601])(
    'is nothing where others have a part in it: mode %o',
    (mode) => {
      chmodSync(noticeFile(state), mode);
      expect(noticeIn(state)).toBeUndefined();
    },
  );

  it('is nothing where it belongs to another user, whoever asks', () => {
    expect(noticeIn(state, (process.geteuid?.() ?? 0) + 1)).toBeUndefined();
  });

  it('is nothing behind a link, or where it is no file', () => {
    renameSync(noticeFile(state), join(state, 'elsewhere'));
    symlinkSync(join(state, 'elsewhere'), noticeFile(state));
    expect(noticeIn(state)).toBeUndefined();
    expect(ownText(upIn(state))).toBeUndefined();
  });

  it.each([
    ['of a dead process', { owner: formatOwner({ ...currentOwner(), start: '1' }) }],
    ['of another container', { owner: formatOwner({ ...currentOwner(), namespace: '1' }) }],
    ['of nobody', { owner: 'me' }],
    ['that leads to another host', { url: 'http://127.0.0.1.example:4000' }],
    ['that leads to another address', { url: 'http://10.0.0.1:4000' }],
    ['with a path in its address', { url: 'http://127.0.0.1:4000/x' }],
    ['of a version that is not known', { version: 2 }],
  ])('is nothing %s', (_, fields) => {
    say(fields);
    expect(noticeIn(state)).toBeUndefined();
  });

  it('is another one where another answers', () => {
    say({ url: 'http://127.0.0.1:4001' });
    expect(isSaidStill(state, notice)).toBe(false);
  });
});
