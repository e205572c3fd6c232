import type { Evidence, NetworkAttempt } from '@drylane/proto/evidence';
import { blankAttempt, blankEvidence } from '@drylane/proto/evidence.fixture';
import { describe, expect, it } from 'vitest';
import { observed } from './observed.ts';

const process = { pid: 7, parent: 1, argv: ['true'], exit_code: 0, signal: null, step: 0, duration_ms: 1 };

describe('what was observed, in words', () => {
  it.each<[Partial<NetworkAttempt>, string]>([
    [{}, 'not declared: api.github.com:443 (tcp) by curl, step 1'],
    [{ declared: true, step: 2 }, 'declared: api.github.com:443 (tcp) by curl, step 3'],
    [{ protocol: 'dns', port: 53, step: null }, 'not declared: api.github.com (dns) by curl'],
    [{ host: null, address: '10.0.0.1', port: 80 }, 'not declared: 10.0.0.1:80 (tcp) by curl, step 1'],
    [{ host: null, address: '::1', protocol: 'udp' }, 'not declared: [::1]:443 (udp) by curl, step 1'],
    [{ address: '1.2.3.4' }, 'not declared: api.github.com:443 at 1.2.3.4 (tcp) by curl, step 1'],
    [
      { host: null, address: '/run/a:b', protocol: 'unix', port: null },
      'not declared: /run/a:b (unix) by curl, step 1',
    ],
    [{ host: null, port: null }, 'not declared: unknown (tcp) by curl, step 1'],
  ])('names where a network attempt %j went, by whom, and whether that was declared', (over, line) => {
    expect(observed(blankEvidence({ network: [blankAttempt(over)] })).network).toEqual([line]);
  });

  it('puts what was not declared first, and says how often', () => {
    const network = [
      blankAttempt({ declared: true }),
      ...Array.from({ length: 3 }, () => blankAttempt({ host: 'evil.example' })),
    ];
    expect(observed(blankEvidence({ network })).network).toEqual([
      'not declared: evil.example:443 (tcp) by curl, step 1  ×3',
      'declared: api.github.com:443 (tcp) by curl, step 1',
    ]);
  });

  it('names leaks by credential and place, privileged calls by who made them, leftovers by process', () => {
    const seen = observed(
      blankEvidence({
        canaries: [
          { credential: 'TOKEN', where: 'change', path: 'a/b', step: 1 },
          { credential: 'TOKEN', where: 'argv', path: null, step: null },
        ],
        privileged: [{ syscall: 'mount', program: 'mount', step: 0 }],
        leftovers: [{ pid: 30, argv: ['sleep', '1000'] }],
      }),
    );
    expect(seen.canaries).toEqual(['TOKEN in change a/b, step 2', 'TOKEN in argv']);
    expect(seen.privileged).toEqual(['mount by mount, step 1']);
    expect(seen.leftovers).toEqual(['sleep 1000 (pid 30)']);
  });

  it('names the processes that failed, and how', () => {
    const processes = [
      process,
      { ...process, argv: ['curl', '-s', 'a b'], exit_code: 6 },
      { ...process, argv: ['yes'], exit_code: null, signal: 'SIGPIPE', step: null },
      { ...process, argv: ['sleep', '9'], exit_code: null, duration_ms: null },
    ];
    const { failed } = observed(blankEvidence({ processes }));
    expect(failed).toEqual(["curl -s 'a b': exit 6, step 1", 'yes: SIGPIPE']);
  });

  it('says of a command line how much is not shown', () => {
    const processes = [{ ...process, argv: ['x'.repeat(1000)], exit_code: 1 }];
    const [line] = observed(blankEvidence({ processes })).failed;
    expect(line).toBe(`${'x'.repeat(100)}… (900 more characters): exit 1, step 1`);
  });

  const cut = { text: '', bytes: 9, truncated: true, redactions: 0 };
  it.each<[Partial<Evidence>, string]>([
    [{ timed_out: true }, 'time limit'],
    [{ oom_killed: true }, 'memory limit'],
    [{ disk_full: true }, 'disk limit'],
    [{ pids_exhausted: true }, 'process limit'],
    [{ stdout: cut }, 'output limit'],
    [{ stderr: cut }, 'output limit'],
  ])('names the limit of %j', (over, limit) => {
    expect(observed(blankEvidence(over)).limits).toEqual([limit]);
  });

  it('gives figures in units that people read, and says which are not known', () => {
    const resources = { cpu_ms: 12.34, memory_peak_bytes: 3 * 2 ** 20, disk_bytes: 0, processes_peak: 2 };
    expect(observed(blankEvidence({ resources })).resources.join(', ')).toBe(
      'took 5.0 ms, cpu 12 ms, memory 3.0 MiB, disk 0 bytes, at most 2 processes at once',
    );
    expect(observed(blankEvidence()).resources.join(', ')).toBe(
      'took 5.0 ms, cpu not known, memory not known, disk not known, processes not known',
    );
  });
});
