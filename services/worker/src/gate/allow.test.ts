import { namesHost } from '@drylane/proto/hosts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_PORTS, grantFor, isOrdinaryName, openingsOf, portsFor } from './allow.ts';

const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,5}$/);
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const port = fc.constantFrom(80, 443, 5432, 22);
const pattern = fc
  .tuple(fc.constantFrom('', '*.'), name, fc.option(port, { nil: undefined }))
  .map(([wild, host, at]) => `${wild}${host}${at === undefined ? '' : `:${at}`}`);

describe('a name and a port', () => {
  it.each([
    [['api.github.com:443'], 'api.github.com', 443, 'name'],
    [['API.GitHub.com:443'], 'api.github.com', 443, 'name'],
    [['api.github.com:443'], 'api.github.com', 80, null],
    [['api.github.com:443'], 'xapi.github.com', 443, null],
    [['api.github.com:443'], 'api.github.com.evil.example', 443, null],
    [['*.github.com:443'], 'api.github.com', 443, 'wildcard'],
    [['*.github.com:443'], 'a.b.github.com', 443, 'wildcard'],
    [['*.github.com:443'], 'github.com', 443, null],
    [['*.github.com:443'], 'evilgithub.com', 443, null],
    [['*.github.com:443', 'api.github.com:443'], 'api.github.com', 443, 'name'],
    [['*.github.com', 'api.github.com:22'], 'api.github.com', 443, 'wildcard'],
    [['registry.npmjs.org'], 'registry.npmjs.org', 443, 'name'],
    [['registry.npmjs.org'], 'registry.npmjs.org', 80, 'name'],
    [['registry.npmjs.org'], 'registry.npmjs.org', 8080, null],
    [['*.localhost:80'], 'x.localhost', 80, null],
    [['127.1:80'], '127.1', 80, null],
    [[], 'api.github.com', 443, null],
  ] as const)('of %j: %s:%d is declared by %s', (patterns, host, at, by) => {
    expect(grantFor(patterns, host, at)).toBe(by);
  });

  it('are open only where evidence would call them declared', () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 4 }), name, port, (patterns, host, at) => {
        if (grantFor(patterns, host, at) === null) return;
        const tried = { protocol: 'tcp' as const, host, address: null, port: at };
        expect(patterns.some((each) => namesHost(each, tried))).toBe(true);
      }),
    );
  });

  it('are closed only where no pattern names them with that port, or with none and a port that needs no name', () => {
    fc.assert(
      fc.property(pattern, fc.array(label, { maxLength: 2 }), port, (each, more, at) => {
        const host = [...more, each.replace(/^\*\.|:\d+$/g, '').replace(/:\d+$/, '')].join('.');
        const tried = { protocol: 'tcp' as const, host, address: null, port: at };
        const numbered = /:\d+$/.test(each) || DEFAULT_PORTS.includes(at);
        fc.pre(isOrdinaryName(host));
        expect(grantFor([each], host, at) !== null).toBe(namesHost(each, tried) && numbered);
      }),
    );
  });

  it('agree: a port is listed where it is granted', () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 4 }), name, (patterns, host) => {
        const granted = [22, 80, 443, 5432].filter((at) => grantFor(patterns, host, at) !== null);
        expect(portsFor(patterns, host)).toEqual(granted);
      }),
    );
  });
});

describe('a name that a machine can have', () => {
  it.each(['a', 'api.github.com', 'x_y-z.example', '1.example', `${'a'.repeat(63)}.b`])('is %s', (host) => {
    expect(isOrdinaryName(host)).toBe(true);
  });

  it.each([
    ...['', '.', 'a.', '.a', 'a..b', 'a b', 'a/b', 'A', 'ä', '\u212a.example', 'a\\x2eb', '*.a', 'a:80'],
    ...['1.2.3.4', '127.1', '2130706433', 'a.0x7f', '0x', 'localhost', 'db.localhost'],
    ...[`${'a'.repeat(64)}.b`, Array.from({ length: 128 }, () => 'ab').join('.')],
  ])('is not %j', (host) => {
    expect(isOrdinaryName(host)).toBe(false);
  });
});

describe('what an intent opens', () => {
  it('is a door of its own for an address, and names for the rest', () => {
    expect(openingsOf(['10.0.0.5:5432', 'api.github.com:443', '*.npmjs.org', '10.0.0.5:5432'])).toEqual({
      names: ['api.github.com:443', '*.npmjs.org'],
      doors: [{ address: '10.0.0.5', port: 5432, leadsTo: ['10.0.0.5'], optional: false }],
    });
  });

  it('is the ports of the web where a pattern names none', () => {
    expect(openingsOf(['192.168.0.1']).doors.map(({ port }) => port)).toEqual([443, 80]);
  });

  it('is the loopback of this machine for localhost, by both of its addresses', () => {
    const leadsTo = ['127.0.0.1', '::1'];
    expect(openingsOf(['LocalHost:5432']).doors).toEqual([
      { address: '127.0.0.1', port: 5432, leadsTo, optional: false },
      { address: '::1', port: 5432, leadsTo, optional: true },
    ]);
  });

  it('is what was declared as the address that it is, the one where clouds give out credentials too', () => {
    expect(openingsOf(['169.254.169.254:80']).doors).toMatchObject([{ leadsTo: ['169.254.169.254'] }]);
  });

  it.each([
    ['unix:/var/run/docker.sock', 'socket of this machine'],
    ['localhost:53', 'asks for names'],
    ['127.0.0.1:53', 'asks for names'],
    ['0.0.0.0:80', 'no address'],
    ['255.255.255.255:80', 'no address'],
    ['224.0.0.251:5353', 'no address'],
  ])('is never %s', (each, message) => {
    expect(() => openingsOf([each])).toThrow(
      expect.objectContaining({ code: 'not-promotable', message: expect.stringContaining(message) }),
    );
  });
});
