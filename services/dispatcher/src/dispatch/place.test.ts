import { Envelope } from '@drylane/proto/envelope';
import { TREE_PATH } from '@drylane/proto/task';
import { describe, expect, it } from 'vitest';
import { placeProblems } from '../admit/place.ts';
import { locateFromAfar, sourceOf } from './place.ts';

const envelope = (fields: object): Envelope =>
  Envelope.parse({ command: 'ls', working_dir: '/srv/site', intent: { mode: 'read-only' }, ...fields });
const problems = (fields: object, roots: readonly string[] = ['/srv']): readonly string[] => {
  const given = envelope(fields);
  return placeProblems(given, locateFromAfar(given, roots)).map(({ field }) => field);
};
const snapshot = `sha256:${'a'.repeat(64)}`;

describe('where paths lead on machines that are far away', () => {
  it('is where they say, in one spelling', () => {
    expect(sourceOf(envelope({ working_dir: '//srv/./site//' }))).toEqual({ path: '/srv/site' });
    expect(sourceOf(envelope({ workspace: { path: '/' }, working_dir: '/x' }))).toEqual({ path: '/' });
    expect(problems({ workspace: { path: '/srv/' }, working_dir: '/srv/site' })).toEqual([]);
  });

  it('has to lie in what policy allows', () => {
    expect(problems({})).toEqual([]);
    expect(problems({}, ['/srv/site'])).toEqual([]);
    for (const roots of [[], ['/srv/site2'], ['/srv/si']])
      expect(problems({}, roots)).toEqual(['working_dir']);
    expect(problems({ workspace: { path: '/srv/a' } })).toEqual(['working_dir']);
  });

  it('is a place of its own for snapshots and git trees, whatever policy allows', () => {
    for (const workspace of [{ snapshot }, { git: { url: 'https://h/r.git', ref: 'main' } }]) {
      expect(problems({ workspace, working_dir: TREE_PATH }, [])).toEqual([]);
      expect(problems({ workspace, working_dir: `${TREE_PATH}/docs` }, [])).toEqual([]);
      expect(problems({ workspace, working_dir: '/srv/site' })).toEqual(['working_dir']);
      expect(sourceOf(envelope({ workspace }))).toEqual(workspace);
    }
  });
});
