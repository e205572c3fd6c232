import { Envelope } from '@drylane/proto/envelope';
import { TREE_PATH } from '@drylane/proto/task';
import { describe, expect, it } from 'vitest';
import { placeProblems } from '../admit/place.ts';
import { locateFromAfar, sourceOf } from './place.ts';

const envelope = (fields: object): Envelope =>
  Envelope.parse({ command: 'ls', working_dir: '/srv/site', intent: { mode: 'read-only' }, ...fields });
const problems = (fields: object, roots: readonly string[] = ['/srv']): readonly string[] => {
  const given = envelope(fields);
  return placeProblems(
    given,
    locateFromAfar(given, { tenant: 'web', workspaces: { roots: [...roots] } }),
  ).map(({ field }) => field);
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

  it('has to lie in what is the tenant’s, where policy says whose it is', () => {
    const tenants = { web: ['/srv/web', '/srv/both'], ops: ['/srv/ops/', '/srv/both'] };
    const workspaces = { roots: ['/srv'], tenants };
    const isLetIn = (tenant: string, path: string): boolean => {
      const given = envelope({ working_dir: path });
      return placeProblems(given, locateFromAfar(given, { tenant, workspaces })).length === 0;
    };
    const ROWS: readonly (readonly [path: string, tenants: readonly string[]])[] = [
      ['/srv/web/site', ['web']],
      ['/srv/ops', ['ops']],
      ['/srv/ops/./deep', ['ops']],
      ['/srv/both/x', ['web', 'ops']],
      ['/srv/webbing', ['app', 'constructor']],
      ['/srv/constructor', ['app', 'constructor']],
      // What others have lies in it.
      ['/srv', []],
    ];
    for (const [path, may] of ROWS)
      expect([path, ['web', 'ops', 'app', 'constructor'].filter((tenant) => isLetIn(tenant, path))]).toEqual([
        path,
        may,
      ]);
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
