import { describe, expect, it } from 'vitest';
import type { Reached } from './tally.ts';
import { untoldBy } from './untold.ts';

const reached = (over: Partial<Reached> = {}): Reached => ({
  ...{ host: 'a.example', address: null, port: 443, to: '192.0.2.1' },
  ...{ outcome: 'connected', connections: 1, bytesOut: 1, bytesIn: 1 },
  ...over,
});
const DECLARED = ['a.example:443', '10.0.0.5:5432'];

describe('what only the gate saw', () => {
  it('is nothing where the trace told it', () => {
    const told = [
      { protocol: 'tcp', host: 'a.example', address: null, port: 443 } as const,
      { protocol: 'tcp', host: null, address: '10.0.0.5', port: 5432 } as const,
    ];
    const address = reached({ host: null, address: '10.0.0.5', port: 5432 });
    expect(untoldBy(told, [reached(), address], DECLARED)).toEqual([]);
  });

  it('is an attempt by nobody in particular, once', () => {
    const look = { protocol: 'dns', host: 'a.example', address: null, port: null } as const;
    expect(untoldBy([look], [reached(), reached({ to: '192.0.2.2' })], DECLARED)).toEqual([
      {
        ...{ step: null, program: '', protocol: 'tcp', host: 'a.example', address: null, port: 443 },
        declared: true,
      },
    ]);
  });

  it('is an undeclared attempt where a name led to what it must not mean', () => {
    const found = untoldBy([], [reached({ outcome: 'forbidden', to: '169.254.169.254' })], DECLARED);
    expect(found.map(({ host, address, declared }) => [host, address, declared])).toEqual([
      ['a.example', null, true],
      [null, '169.254.169.254', false],
    ]);
  });
});
