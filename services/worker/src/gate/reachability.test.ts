import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayBeMeant, type Reachability, reachabilityOf } from './reachability.ts';

const EXAMPLES: Readonly<Record<Reachability, readonly string[]>> = {
  public: [
    '8.8.8.8',
    '140.82.112.6',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
    '2002:808:808::1',
  ],
  private: [
    ...[
      '10.0.0.5',
      '10.255.255.255',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '100.64.0.1',
      '198.18.0.1',
    ],
    ...['fd00::2', 'fc00::1', '::ffff:10.0.0.5', '::ffff:a00:5', '64:ff9b::10.0.0.5', '2002:a00:5::'],
  ],
  own: [
    ...['127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '::ffff:7f00:1'],
    ...['169.254.169.254', '169.254.0.1', 'fe80::1', 'fe80::1%eth0', 'febf::1', '::ffff:169.254.169.254'],
    ...['64:ff9b::169.254.169.254', '2002:a9fe:a9fe::', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16'],
    ...['fd00:ec2::23', 'fd20:ce::254', 'fd00:c1::a9fe:a9fe'],
  ],
  nowhere: [
    ...['0.0.0.0', '0.1.2.3', '224.0.0.1', '240.0.0.1', '255.255.255.255', '::', 'ff02::1', '::7f00:1'],
    ...[
      '',
      'x',
      '1.2.3',
      '1.2.3.256',
      '1.2.3.4.5',
      ':::',
      '1::2::3',
      '12345::',
      '::1.2.3',
      '::g',
      '1:2:3:4:5:6:7',
    ],
  ],
};

describe('what stands behind an address', () => {
  for (const [kind, addresses] of Object.entries(EXAMPLES))
    it.each(addresses)(`${kind}: %s`, (address) => {
      expect(reachabilityOf(address)).toBe(kind);
    });

  it('is this machine or a network of its own wherever an independent list says so', () => {
    const list = new BlockList();
    for (const [net, bits] of [
      ['10.0.0.0', 8],
      ['172.16.0.0', 12],
      ['192.168.0.0', 16],
      ['127.0.0.0', 8],
      ['169.254.0.0', 16],
      ['100.64.0.0', 10],
      ['0.0.0.0', 8],
      ['224.0.0.0', 3],
      ['198.18.0.0', 15],
      ['192.0.0.0', 24],
    ] as const)
      list.addSubnet(net, bits);
    list.addAddress('168.63.129.16');
    const first = fc.constantFrom(0, 10, 100, 127, 169, 172, 192, 198, 224, 239, 240, 255, 8, 93);
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(
        first,
        fc.oneof(byte, fc.constantFrom(0, 16, 18, 31, 64, 127, 168, 254)),
        byte,
        byte,
        (...b) => {
          expect(reachabilityOf(b.join('.')) !== 'public').toBe(list.check(b.join('.')));
        },
      ),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        expect(['public', 'private', 'own', 'nowhere']).toContain(reachabilityOf(address));
      }),
    );
  });
});

describe('an address that a name leads to', () => {
  const own = new Set(['203.0.113.7']);
  it.each([
    ['8.8.8.8', true, true],
    ['10.0.0.5', true, false],
    ['203.0.113.7', true, false],
    ['127.0.0.1', false, false],
    ['169.254.169.254', false, false],
    ['::ffff:169.254.169.254', false, false],
    ['fd00:ec2::254', false, false],
    ['0.0.0.0', false, false],
    ['nonsense', false, false],
  ])('%s: meant by a name that was declared %s, by one below a domain %s', (address, named, below) => {
    expect(mayBeMeant('name', address, own)).toBe(named);
    expect(mayBeMeant('wildcard', address, own)).toBe(below);
  });
});
