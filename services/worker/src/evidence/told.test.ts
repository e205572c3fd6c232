import { describe, expect, it } from 'vitest';
import type { Traced, TracedAttempt, TracedProcess } from '../trace/traced.ts';
import { listeners, scrubArgv, toldBy } from './told.ts';

const scrub = (text: string): string =>
  text.replace(/hunter\d+/g, '[redacted:password]').replace(/--pw \w+/g, '--pw [redacted:password]');

const process = (id: number, over: Partial<TracedProcess> = {}): TracedProcess => ({
  ...{
    id,
    pid: id + 10,
    parent: id + 9,
    shell: false,
    argv: ['curl', '-s'],
    program: 'curl',
    exitCode: 0,
    signal: null,
  },
  ...{ step: 0, startedMs: 1, endedMs: 3.5 },
  ...over,
});

const attempt = (by: number, over: Partial<TracedAttempt> = {}): TracedAttempt => ({
  ...{ process: by, pid: by + 10, step: 0, program: 'curl', protocol: 'dns', host: 'api.github.com' },
  ...{ address: null, port: null },
  ...over,
});

const traced = (over: Partial<Traced>): Traced => ({
  ...{
    complete: true,
    gaps: [],
    tampering: false,
    shell: null,
    processes: [],
    processesLeftOut: 0,
    network: [],
  },
  ...{ networkLeftOut: 0, listened: [], privileged: [], privilegedLeftOut: 0, sightings: [], cut: 0 },
  lineage: { parents: [], reaches: [] },
  ...over,
});

const told = (over: Partial<Traced>, network: readonly string[] = []) =>
  toldBy(traced(over), { network, shellArgv: ['bash', '-c', 'the text with hunter2'], scrub });

describe('what a trace tells', () => {
  it('is declared where a pattern of intent names it', () => {
    const attempts = [
      attempt(0),
      attempt(0, { host: 'evil.example' }),
      attempt(0, { protocol: 'tcp', host: null, address: '10.0.0.1', port: 80 }),
      attempt(0, { protocol: 'unix', host: null, address: 'api.github.com' }),
      attempt(0, { host: null }),
    ];
    const { network } = told({ network: attempts }, ['*.github.com:443', '10.0.0.1:80']);
    expect(network.map(({ declared }) => declared)).toEqual([true, false, true, false, false]);
    expect(Object.keys(network[0] ?? {})).not.toContain('pid');
  });

  it('leaves out knocks at a server of the command’s own, and its listening', () => {
    const knock = (over: object) =>
      attempt(0, { protocol: 'tcp', host: null, address: '127.0.0.1', port: 80, ...over });
    const attempts = [
      knock({}),
      knock({ address: '::1' }),
      knock({ port: 81 }),
      knock({ address: '10.0.0.1' }),
      knock({ protocol: 'udp' }),
      knock({ address: '0.0.0.0', listens: true }),
    ];
    const { network } = told({ network: attempts, listened: [80] });
    expect(network.map(({ protocol, address, port }) => [protocol, address, port])).toEqual([
      ['tcp', '127.0.0.1', 81],
      ['tcp', '10.0.0.1', 80],
      ['udp', '127.0.0.1', 80],
    ]);
    expect(listeners(traced({ network: attempts }))).toEqual(['curl at 0.0.0.0, port 80']);
  });

  it('gives the shell, whose start cannot be read, the words it was started with', () => {
    const shell = process(0, { shell: true, argv: [], endedMs: null, exitCode: null });
    expect(told({ processes: [shell] }).processes).toEqual([
      {
        ...{ pid: 10, parent: 9, argv: ['bash', '-c', 'the text with [redacted:password]'] },
        ...{ exit_code: null, signal: null, step: 0, duration_ms: null },
      },
    ]);
  });

  it('has no secret in hosts, addresses, programs or arguments', () => {
    const { network, privileged } = told({
      network: [attempt(0, { host: 'hunter1.evil.example', program: 'hunter2', address: '/run/hunter3' })],
      privileged: [{ syscall: 'mount', program: 'hunter4', process: 0, pid: 10, step: 0 }],
    });
    expect(JSON.stringify([network, privileged])).not.toContain('hunter');
  });
});

describe('arguments', () => {
  it('are scrubbed word by word, and kept as one line where a word is a secret by the one before it', () => {
    expect(scrubArgv(['login', 'hunter2', 'x'], scrub)).toEqual(['login', '[redacted:password]', 'x']);
    expect(scrubArgv(['login', '--pw', 'abc'], scrub)).toEqual(['login --pw [redacted:password]']);
    expect(scrubArgv(['echo', 'a b'], scrub)).toEqual(['echo', 'a b']);
    expect(scrubArgv([], scrub)).toEqual([]);
  });
});

describe('a credential that a process was seen with', () => {
  const IN_STEP = { step: 2 };
  const sighting = { credential: 'T', where: 'argv' as const, process: 1, pid: 11, step: 2 };
  const leaks = (attempts: readonly TracedAttempt[], parents: readonly number[] = [-1, 0, 1]) =>
    told(
      {
        network: attempts,
        sightings: [sighting],
        lineage: { parents, reaches: attempts.map(({ process: by }, index) => [by, index] as const) },
      },
      ['api.github.com'],
    ).leaks;
  const leak = [{ credential: 'T', where: 'argv', path: null, step: 2 }];

  it('leaked, where the process reached nothing', () => {
    expect(leaks([])).toEqual(leak);
    expect(leaks([attempt(0, IN_STEP)])).toEqual(leak);
    expect(leaks([attempt(1, { step: 0 })])).toEqual(leak);
  });

  it('is handed on, where it or its children reached declared hosts and no others', () => {
    expect(leaks([attempt(1, IN_STEP)])).toEqual([]);
    expect(leaks([attempt(2, IN_STEP)])).toEqual([]);
    expect(leaks([attempt(1, IN_STEP), attempt(1, { host: 'evil.example', step: 0 })])).toEqual([]);
  });

  it('leaked, where anything else was reached as well', () => {
    expect(leaks([attempt(1, IN_STEP), attempt(2, { ...IN_STEP, host: 'evil.example' })])).toEqual(leak);
    expect(leaks([attempt(1, IN_STEP), attempt(1, { ...IN_STEP, host: null })])).toEqual(leak);
  });
});
