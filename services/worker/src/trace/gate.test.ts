import { describe, expect, it } from 'vitest';
import type { Outward } from './network.ts';
import { openTrace } from './trace.ts';

const GATE: Outward = (address, port) => {
  if (address === '127.64.0.1') return { host: 'api.github.com' };
  return address === '127.0.0.1' && port === 5432 ? { host: null } : null;
};
const hex = (text: string): string =>
  `"${[...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`;
const to = (address: string, port: number): string =>
  `{sa_family=AF_INET, sin_port=htons(${port}), sin_addr=inet_addr(${hex(address)})}, 16`;

/** What a shell's connections are told as, with a gate and without. */
function told(calls: readonly string[], outward?: Outward) {
  const trace = openTrace({ in: () => [] }, { shellEnded: () => undefined }, 'bash', outward);
  const lines = [
    '2 1700000000.000000 fork() = 3',
    ...calls.map((call, index) => `3 1700000000.0001${String(index).padStart(2, '0')} ${call}`),
    '3 1700000000.000900 +++ exited with 0 +++',
  ];
  trace.push(Buffer.from(`${lines.join('\n')}\n`));
  return trace.end().network.map(({ protocol, host, address, port }) => [protocol, host, address, port]);
}

describe('a connection to a place that stands for somebody outside', () => {
  const stream = (address: string, port: number, result = '0') =>
    `connect(3<TCP:[123]>, ${to(address, port)}) = ${result}`;

  it('is an attempt to reach whoever is behind it, though somebody answered', () => {
    expect(told([stream('127.64.0.1', 443)], GATE)).toEqual([['tcp', 'api.github.com', null, 443]]);
    expect(told([stream('127.0.0.1', 5432)], GATE)).toEqual([['tcp', null, '127.0.0.1', 5432]]);
  });

  it('is named whether it was made at once, later, or refused', () => {
    for (const result of ['-1 EINPROGRESS (x)', '-1 ECONNREFUSED (x)', '-1 EISCONN (x)'])
      expect(told([stream('127.64.0.1', 8443, result)], GATE)).toEqual([
        ['tcp', 'api.github.com', null, 8443],
      ]);
  });

  it('is told too where only what is sent on it shows', () => {
    const sent = `sendto(3<TCP:[127.0.0.1:40000->127.64.0.1:443]>, ${hex('x')}, 1, 0, NULL, 0) = 1`;
    expect(told([sent], GATE)).toEqual([['tcp', 'api.github.com', null, 443]]);
    expect(told([sent])).toEqual([]);
  });

  it('is the command’s own where no gate stands, as ever', () => {
    for (const [address, port] of [
      ['127.64.0.2', 443],
      ['127.0.0.1', 5433],
    ] as const)
      expect(told([stream(address, port)], GATE)).toEqual([]);
    expect(told([stream('127.64.0.1', 443)])).toEqual([]);
  });
});
