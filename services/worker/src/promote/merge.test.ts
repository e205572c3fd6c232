import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dir, file, Place, survey, type Thing, timeless } from './apply.fixture.ts';
import { apply } from './apply.ts';

const lines = (changes: Readonly<Record<number, string>> = {}): string =>
  Array.from({ length: 20 }, (_, i) => `${changes[i] ?? `line ${i}`}\n`).join('');

const place = (live: Thing, after: Thing = file(lines({ 15: 'rehearsed' }))): Place =>
  new Place(
    { '': dir(), t: file(lines()), gone: file('x') },
    { '': dir(), t: after },
    { '': dir(), t: live, gone: file('x') },
  );

async function expectDrift(one: Place, more: Parameters<Place['request']>[0] = {}): Promise<void> {
  const before = survey(one.live);
  const outcome = await apply(await one.request({ merge: true, ...more }));
  expect(outcome).toMatchObject({ result: 'drifted', drifts: [{ path: 't' }] });
  expect(states(survey(one.live))).toEqual(states(before));
}

const states = (seen: ReturnType<typeof survey>) =>
  [...seen].map(([path, { state, ino }]) => [path, state, ino]);

describe('a text that somebody changed meanwhile', () => {
  it('is drift, unless a merge is asked for', async () => {
    using one = place(file(lines({ 2: 'theirs' })));
    await expectDrift(one, { merge: false });
  });

  it('is merged where the changes lie apart, and everything else lands with it', async () => {
    using one = place(file(lines({ 2: 'theirs' })), file(lines({ 15: 'rehearsed' }), { mode: 0o755 }));
    expect(await apply(await one.request({ merge: true }))).toEqual({ result: 'promoted', merged: ['t'] });
    expect(readFileSync(join(one.live, 't'), 'utf8')).toBe(lines({ 2: 'theirs', 15: 'rehearsed' }));
    expect(timeless(one.live)).toMatchObject({ t: { mode: '0755' } });
    expect(Object.keys(timeless(one.live))).toEqual(['.', 't']);
  });

  it('is left as it is where it was changed in the same way', async () => {
    using one = place(file(lines({ 15: 'rehearsed' })));
    expect(await apply(await one.request({ merge: true }))).toEqual({ result: 'promoted', merged: ['t'] });
    expect(readFileSync(join(one.live, 't'), 'utf8')).toBe(lines({ 15: 'rehearsed' }));
  });

  it.each([
    ['the same line was changed in another way', file(lines({ 15: 'theirs' }))],
    ['it is no text any more', file(`${lines({ 2: 'theirs' })}\0`)],
    ['its mode was changed too', file(lines({ 2: 'theirs' }), { mode: 0o600 })],
    ['it is no file any more', dir()],
  ])('is drift where %s', async (_, live) => {
    using one = place(live);
    await expectDrift(one);
  });

  it('is drift where the texts as they were are missing, and refused where they are others', async () => {
    using one = place(file(lines({ 2: 'theirs' })));
    await expectDrift(one, { bases: null });
    const other = async function* () {
      yield Buffer.alloc(1024);
    };
    await expect(apply(await one.request({ merge: true, bases: other }))).rejects.toMatchObject({
      code: 'internal',
    });
    expect(readFileSync(join(one.live, 't'), 'utf8')).toBe(lines({ 2: 'theirs' }));
  });

  it('is drift where another path drifted', async () => {
    using one = place(file(lines({ 2: 'theirs' })));
    writeFileSync(join(one.live, 'gone'), 'changed');
    const outcome = await apply(await one.request({ merge: true }));
    expect(outcome).toMatchObject({ result: 'drifted', drifts: [{ path: 'gone' }] });
  });

  it('is not merged by a program that the workspace brings', async () => {
    using one = place(file(lines({ 2: 'theirs' })));
    mkdirSync(join(one.live, 'bin'));
    writeFileSync(join(one.live, 'bin/diff3'), '#!/bin/sh\necho planted\n', { mode: 0o755 });
    const path = process.env.PATH;
    process.env.PATH = `${join(one.live, 'bin')}:${path}`;
    try {
      expect(await apply(await one.request({ merge: true }))).toMatchObject({ result: 'promoted' });
    } finally {
      process.env.PATH = path;
    }
    expect(readFileSync(join(one.live, 't'), 'utf8')).toBe(lines({ 2: 'theirs', 15: 'rehearsed' }));
  });
});
