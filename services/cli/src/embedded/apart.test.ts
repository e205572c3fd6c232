import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Envelope } from '@drylane/proto/envelope';
import { afterAll, describe, expect, it } from 'vitest';
import { keepApart } from './apart.ts';

const place = realpathSync(mkdtempSync(join(tmpdir(), 'drylane-apart-')));
const site = join(place, 'site');
mkdirSync(site);
symlinkSync(site, join(place, 'link'));
afterAll(() => rmSync(place, { recursive: true }));

const envelope: Envelope = { command: 'true', working_dir: site, intent: { mode: 'read-only' } };

describe('the state directory', () => {
  it.each([
    ['in the workspace', join(site, '.drylane')],
    ['deep in it', join(site, 'a', 'b', 'c')],
    ['the workspace itself', site],
    ['above it', place],
    ['in it by another name', join(place, 'link', 'state')],
    ['the root', '/'],
  ])('is refused %s, and not made', async (_, stateDir) => {
    await expect(keepApart(envelope, stateDir)).rejects.toMatchObject({ code: 'bad-input' });
    expect(readdirSync(site)).toEqual([]);
  });

  it.each([join(place, 'site2'), join(place, 'state', 'deep'), '/nonexistent/x'])(
    'may be %s',
    async (stateDir) => {
      await expect(keepApart(envelope, stateDir)).resolves.toBeUndefined();
    },
  );

  it('is held against the workspace that the envelope names', async () => {
    const named = { ...envelope, workspace: { path: place } };
    await expect(keepApart(named, join(place, 'state'))).rejects.toMatchObject({ code: 'bad-input' });
  });
});
