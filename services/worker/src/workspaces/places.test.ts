import { describe, expect, it } from 'vitest';
import type { Member } from '../changeset/tar.ts';
import { createPlacer } from './places.ts';

const LIMITS = { entries: 1_000_000, bytes: 2 ** 30, depth: 64 };
const file: Omit<Member, 'name'> = {
  ...{ type: 'file', mode: 0o644, uid: 0, gid: 0, size: 0, mtimeNs: 0n, target: null },
};

describe('the names of a tree', () => {
  it.each<[string, (index: number) => Member]>([
    [
      'paths',
      (index) => ({ ...file, name: `${'d'.repeat(250)}/`.repeat(12) + String(index).padStart(250, '0') }),
    ],
    [
      'targets of links',
      (index) => ({ ...file, type: 'symlink', name: `${index}`, target: '/'.repeat(4000) }),
    ],
    ['directories that no member names', (index) => ({ ...file, name: `${index}${'/dddd'.repeat(60)}` })],
  ])('are refused when they are too much to hold together, as %s', (_, memberOf) => {
    const place = createPlacer(LIMITS, 100_000);
    const tooMany = (): void => {
      for (let index = 0; index < 100; index += 1) place(memberOf(index));
    };
    expect(tooMany).toThrow(
      expect.objectContaining({
        code: 'bad-input',
        problems: [
          expect.objectContaining({ message: expect.stringContaining('names of more than 100000 bytes') }),
        ],
      }),
    );
  });
});
