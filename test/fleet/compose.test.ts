import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { FLEET_IMAGES } from './images.ts';
import { CAPABILITIES, LIVE_CAPABILITIES, SECURITY_OPTIONS, TMPFS, VOLUMES } from './rights.ts';
import { SECRETS } from './secrets.ts';

const words = z.array(z.string()).default([]);
const Service = z.looseObject({
  image: z.string(),
  user: z.string().optional(),
  // Null: whatever it is where compose is called, if anything.
  environment: z.record(z.string(), z.string().nullable()).default({}),
  cap_add: words,
  cap_drop: words,
  security_opt: words,
  volumes: words,
  tmpfs: words,
  ports: words,
  secrets: words,
  networks: words,
});
const Fleet = z.looseObject({
  services: z.record(z.string(), Service),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
  networks: z.record(z.string(), z.looseObject({})),
});

const text = readFileSync(join(import.meta.dirname, '..', '..', 'docker-compose.yml'), 'utf8');
const { services, secrets, networks, ...rest } = Fleet.parse(parse(text, { merge: true }));
const named = Object.entries(services);
// A volume, a file of the checkout to read, or what the operator names; no path of the host.
const HARMLESS =
  /^(\/var\/lib\/(docker|drylane)|[a-z]+:\/\S+|\.\/deploy\/\S+:ro|\$\{DRYLANE_FLEET_\w+:-\S+\}:\/\S+)$/;
const LANES = { worker: CAPABILITIES, live: { ...CAPABILITIES, ...LIVE_CAPABILITIES } };

describe('docker-compose.yml', () => {
  it('has nothing that only one of the versions of compose knows', () => {
    expect(Object.keys(rest).filter((key) => !key.startsWith('x-'))).toEqual(['volumes']);
    expect(text).not.toMatch(/^\s*(version|name|start_interval|required|build|pull_policy):/m);
  });

  it.each(named)(
    'gives %s limits, a check, a way back, and a root file system that stays as it is',
    (_, service) => {
      for (const key of ['mem_limit', 'memswap_limit', 'pids_limit', 'cpus', 'healthcheck', 'logging'])
        expect(service).toHaveProperty(key);
      expect(service).toMatchObject({ restart: 'unless-stopped', read_only: true, cap_drop: ['ALL'] });
      expect(service.security_opt).toContain('no-new-privileges');
      expect(service.mem_limit).toBe(service.memswap_limit);
    },
  );

  it.each(named)('gives %s no way to the host', (_, service) => {
    for (const key of ['privileged', 'network_mode', 'pid', 'ipc', 'devices', 'cgroup_parent', 'userns_mode'])
      expect(service).not.toHaveProperty(key);
    for (const volume of service.volumes) expect(volume).toMatch(HARMLESS);
    for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it.each(named.filter(([name]) => !(name in LANES)))('gives %s no capability at all', (_, service) => {
    expect(service.cap_add).toEqual([]);
    expect(service.security_opt).toEqual(['no-new-privileges']);
  });

  it.each(Object.entries(LANES))('gives %s the rights that are listed, and no others', (name, rights) => {
    const service = services[name];
    expect(service?.cap_add).toEqual(Object.keys(rights).sort());
    expect([...(service?.security_opt ?? [])].sort()).toEqual([...SECURITY_OPTIONS].sort());
    expect(service?.tmpfs).toEqual(Object.entries(TMPFS).map((pair) => pair.join(':')));
    const places = service?.volumes.map((volume) => volume.replace(/^.*?:(?=\/)/, '')) ?? [];
    expect(places).toEqual(expect.arrayContaining([...VOLUMES]));
    expect(service?.environment.DRYLANE_LANE).toBe(name === 'live' ? 'live' : 'rehearsal');
  });

  it('lets a rehearsal worker read real workspaces, and only the live one write them', () => {
    const workspace = (name: string) =>
      services[name]?.volumes.find((volume) => volume.includes(':/workspace'));
    expect(workspace('worker')).toMatch(/:ro$/);
    expect(workspace('live')).not.toMatch(/:ro$/);
    expect(named.filter(([name]) => workspace(name) !== undefined).map(([name]) => name)).toEqual([
      'worker',
      'live',
    ]);
  });

  it('shows the world nothing of what keeps state', () => {
    expect(networks.inside).toEqual({ internal: true });
    for (const name of ['redis', 'comparator']) expect(services[name]?.networks).toEqual(['inside']);
  });

  it('leads nobody but dispatchers to the ledger, and hands no rehearsal worker what lets anything land', () => {
    expect(networks.ledger).toEqual({ internal: true });
    const near = named.filter(([, service]) => service.networks.includes('ledger')).map(([name]) => name);
    expect([near.sort(), services.postgres?.networks]).toEqual([['dispatcher', 'postgres'], ['ledger']]);
    const holders = named.filter(([, service]) => service.secrets.includes('worker_token'));
    expect(holders.map(([name]) => name)).toEqual(['dispatcher', 'live']);
  });

  it('keeps its secrets in files that are made for it, and hands them to those who need them', () => {
    expect(Object.keys(secrets)).toEqual(Object.keys(SECRETS));
    for (const [name, { file }] of Object.entries(secrets))
      expect(file).toBe(`\${DRYLANE_FLEET_SECRETS:-.fleet}/${name}`);
    expect(text).not.toMatch(/(PASSWORD|TOKEN|KEY|_URL): *(?!\/run\/secrets|http:\/\/dispatcher)\S/);
    for (const [name, { environment, secrets: given }] of named)
      for (const path of Object.values(environment).filter((value) => value?.startsWith('/run/secrets/')))
        expect([name, given]).toEqual([name, expect.arrayContaining([path?.slice('/run/secrets/'.length)])]);
  });

  it('runs images that the fleet makes, by the names that it makes them under', () => {
    const tags = Object.values(FLEET_IMAGES).map(({ tag }) => tag.replace(/:latest$/, ''));
    for (const [name, { image }] of named)
      expect([name, tags]).toEqual([name, expect.arrayContaining([image])]);
  });
});
