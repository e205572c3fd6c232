import { DrylaneError } from '@drylane/proto/errors';
import { describe, expect, it } from 'vitest';
import { workerConfig } from './config.ts';

const GOOD = {
  DRYLANE_LANE: 'rehearsal',
  DRYLANE_REDIS_URL: 'redis://:a-password@redis:6379',
  DRYLANE_BLOBS: 'file:/var/lib/drylane/blobs',
  DRYLANE_STATE: '/var/lib/drylane/worker',
};

function fieldsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    workerConfig(environment);
    return [];
  } catch (fault) {
    if (!(fault instanceof DrylaneError)) throw fault;
    return fault.problems.map(({ field }) => field);
  }
}

describe('the configuration of a worker', () => {
  it('needs few words, and lets no path be a workspace unless one is named', () => {
    const { config, secrets } = workerConfig(GOOD);
    expect(config).toMatchObject({
      DRYLANE_BLOBS: { kind: 'files', directory: '/var/lib/drylane/blobs' },
      DRYLANE_WORKSPACES: [],
      DRYLANE_GIT_SOURCES: [],
      DRYLANE_TREE_USER: { uid: 1000, gid: 1000 },
    });
    expect(secrets).toEqual([{ name: 'DRYLANE_REDIS_URL', value: 'a-password' }]);
    const lists = { DRYLANE_WORKSPACES: '/a,/b', DRYLANE_GIT_SOURCES: '*.example.com,h:8443' };
    expect(workerConfig({ ...GOOD, ...lists }).config).toMatchObject({
      DRYLANE_WORKSPACES: ['/a', '/b'],
      DRYLANE_GIT_SOURCES: ['*.example.com', 'h:8443'],
    });
  });

  it.each([
    ['DRYLANE_LANE', 'fast'],
    ['DRYLANE_BLOBS', '/without/scheme'],
    ['DRYLANE_STATE', 'relative'],
    ['DRYLANE_WORKSPACES', '/a,,/b'],
    ['DRYLANE_TREE_USER', '0:0'],
    ['DRYLANE_TREE_USER', '1000:0'],
    ['DRYLANE_TREE_CACHE', '4 GB'],
    ['DRYLANE_CONCURRENCY', '0'],
    ['DRYLANE_DISPATCHER_URL', 'file:///etc'],
    ['DRYLANE_UNKNOWN', '1'],
  ])('refuses %s=%s', (name, value) => {
    expect(fieldsOf({ ...GOOD, [name]: value }).join()).toContain(name);
  });

  it('wants the live lane to know its dispatcher, and a token for it', () => {
    const live = { ...GOOD, DRYLANE_LANE: 'live' };
    expect(fieldsOf(live).toSorted()).toEqual(['DRYLANE_DISPATCHER_URL', 'DRYLANE_WORKER_TOKEN']);
    const told = { DRYLANE_DISPATCHER_URL: 'http://dispatcher:8080', DRYLANE_WORKER_TOKEN: 'a-long-token' };
    expect(fieldsOf({ ...live, ...told })).toEqual([]);
  });
});
