import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type EngineAnswer,
  type MachineFacts,
  parseOsRelease,
  planEngine,
  planImages,
  planProgram,
  planStandIn,
} from './plan.ts';
import { PROGRAMS } from './programs.ts';

const ready: EngineAnswer = { kind: 'ready', version: '20.10.24', architecture: 'amd64' };
const absent: EngineAnswer = { kind: 'absent' };
const broken: EngineAnswer = { kind: 'broken', reason: 'no answer in 5 s' };

const bare: MachineFacts = {
  engine: absent,
  dockerHost: undefined,
  platform: 'linux',
  systems: new Set(['debian']),
  root: true,
  user: 'ada',
  installed: false,
};

const anyFacts: fc.Arbitrary<MachineFacts> = fc.record({
  engine: fc.constantFrom<EngineAnswer>(ready, absent, { kind: 'denied' }, broken),
  dockerHost: fc.constantFrom(undefined, 'tcp://10.0.0.1:2375'),
  platform: fc.constantFrom('linux', 'darwin'),
  systems: fc
    .constantFrom(['debian'], ['ubuntu', 'debian'], ['fedora'], ['alpine'], [])
    .map((s) => new Set(s)),
  root: fc.boolean(),
  user: fc.constant('ada'),
  installed: fc.boolean(),
});

describe('planEngine', () => {
  it('uses an engine that answers, whatever else the machine is', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        expect(planEngine({ ...facts, engine: ready })).toEqual({ kind: 'use' });
      }),
    );
  });

  it('starts an engine only as root on Linux, where none is there and none was chosen', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        if (planEngine(facts).kind !== 'start') return;
        expect(facts).toMatchObject({ root: true, platform: 'linux', engine: absent, dockerHost: undefined });
      }),
    );
  });

  it('says every refusal in one line with one command', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const plan = planEngine(facts);
        if (plan.kind !== 'refuse') return;
        expect(`${plan.message}; ${plan.mend}`).not.toContain('\n');
        expect(plan.mend).toMatch(/^[a-z]+[ -]/);
      }),
    );
  });

  const refusals: readonly (readonly [string, Partial<MachineFacts>, string])[] = [
    [
      'a user outside the docker group',
      { engine: { kind: 'denied' }, root: false },
      'usermod -aG docker ada',
    ],
    ['a chosen engine that does not answer', { dockerHost: 'tcp://10.0.0.1:2375' }, 'unset DOCKER_HOST'],
    ['an engine that hangs', { engine: broken }, 'docker version'],
    ['a Mac', { platform: 'darwin' }, 'open -a Docker'],
    ['no root, nothing installed', { root: false }, 'sudo apt-get install -y docker.io'],
    ['no root, nothing running', { root: false, installed: true }, 'sudo service docker start'],
    [
      'root on Fedora',
      { systems: new Set(['fedora']) },
      'dnf install -y moby-engine && systemctl start docker',
    ],
    [
      'no root on Fedora',
      { systems: new Set(['fedora']), root: false },
      'sudo dnf install -y moby-engine && sudo systemctl start docker',
    ],
    ['an unknown system', { systems: new Set() }, 'https://docs.docker.com/engine/install/'],
  ];
  it.each(refusals)('tells %s what to type', (_, facts, command) => {
    expect(planEngine({ ...bare, ...facts })).toMatchObject({
      kind: 'refuse',
      mend: expect.stringContaining(command),
    });
  });

  it('installs only what is not installed', () => {
    expect(planEngine(bare)).toEqual({ kind: 'start', install: true });
    expect(planEngine({ ...bare, installed: true })).toEqual({ kind: 'start', install: false });
    expect(planEngine({ ...bare, installed: true, systems: new Set(['fedora']) }).kind).toBe('start');
  });
});

describe('planImages', () => {
  const anyImage = fc.record({
    name: fc.string(),
    wanted: fc.constantFrom('a', 'b'),
    found: fc.constantFrom('a', 'b', null),
  });

  it('builds exactly what differs, in order, and wants the base first only for a build', () => {
    fc.assert(
      fc.property(fc.array(anyImage), fc.boolean(), (images, base) => {
        const steps = planImages(images, base);
        const builds = images
          .filter((i) => i.found !== i.wanted)
          .map((i) => ({ kind: 'build', name: i.name }));
        const wantsBase = builds.length > 0 && !base;
        expect(steps).toEqual(wantsBase ? [{ kind: 'base' }, ...builds] : builds);
      }),
    );
  });
});

describe('planStandIn', () => {
  const debian = new Set(['debian']);

  it('makes one with what is there, installs it as root on Debian, else says what to type', () => {
    expect(planStandIn({ installed: true, root: false, systems: new Set() })).toEqual({
      kind: 'make',
      install: false,
    });
    expect(planStandIn({ installed: false, root: true, systems: debian })).toEqual({
      kind: 'make',
      install: true,
    });
    expect(planStandIn({ installed: false, root: false, systems: debian }).kind).toBe('refuse');
    expect(planStandIn({ installed: false, root: true, systems: new Set(['fedora']) }).kind).toBe('refuse');
  });
});

describe.each(PROGRAMS)('planProgram for $name', (program) => {
  const known = Object.keys(program.commands);
  const systems = [['debian'], ['ubuntu', 'debian'], ['fedora'], ['arch'], ['alpine'], ['suse'], []];
  const anyPlace = fc.record({
    installed: fc.boolean(),
    root: fc.boolean(),
    systems: fc.constantFrom(...systems).map((words) => new Set(words)),
  });

  it('uses what is there, installs it as root on Debian, else says the one command to type', () => {
    fc.assert(
      fc.property(anyPlace, (facts) => {
        const plan = planProgram(program, facts);
        const here = facts.root && (facts.systems.has('debian') || facts.systems.has('ubuntu'));
        expect(plan.kind).toBe(facts.installed ? 'use' : here ? 'install' : 'leave');
        if (plan.kind !== 'leave') return;
        expect(plan.mend).toMatch(/^[a-z]+[ -][^\n]+$/);
        const page = plan.mend.startsWith('xdg-open https://');
        expect(page).toBe(!known.some((system) => facts.systems.has(system)));
        expect(plan.mend.startsWith('sudo ')).toBe(!facts.root && !page);
      }),
    );
  });
});

describe('parseOsRelease', () => {
  it('reads the words of ID and ID_LIKE, quoted or not', () => {
    const text = 'NAME="debian no"\nID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="21"\n';
    expect([...parseOsRelease(text)].sort()).toEqual(['debian', 'linuxmint', 'ubuntu']);
  });

  it('finds nothing in anything else', () => {
    expect(parseOsRelease('')).toEqual(new Set());
    expect(parseOsRelease('ID=\nVARIANT_ID=debian')).toEqual(new Set());
  });
});
