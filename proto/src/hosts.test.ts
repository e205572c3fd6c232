import { describe, expect, it } from 'vitest';
import { namesHost } from './hosts.ts';

const attempt = (over: object) => ({
  ...{ protocol: 'tcp' as 'tcp' | 'unix', host: 'api.github.com', address: null, port: 443 },
  ...over,
});

describe('a host pattern', () => {
  it.each([
    ['api.github.com', {}, true],
    ['api.github.com:443', {}, true],
    ['API.GitHub.com:443', { host: 'api.github.com.' }, true],
    ['*.github.com', {}, true],
    ['*.com:443', {}, true],
    ['api.github.com:443', { protocol: 'dns', port: 53 }, true],
    ['10.0.0.1:80', { host: null, address: '10.0.0.1', port: 80 }, true],
    ['localhost:80', { host: null, address: '127.0.0.1', port: 80 }, true],
    ['localhost', { host: null, address: '::1', port: 80 }, true],
    ['localhost:80', { host: null, address: '127.0.0.1', port: 81 }, false],
    ['localhost', { host: null, address: '128.0.0.1' }, false],
    ['localhost', { host: null, address: '127.0.0.1.evil.example' }, false],
    ['unix:/dev/log', { protocol: 'unix', host: null, address: '/dev/log', port: null }, true],
    ['unix:/dev/log', { protocol: 'unix', host: null, address: '/dev/logs', port: null }, false],
    ['unix:/dev/log', { host: '/dev/log' }, false],
    ['api.github.com', { protocol: 'unix', host: null, address: 'api.github.com', port: null }, false],
    ['api.github.com:80', {}, false],
    ['*.github.com', { host: 'github.com' }, false],
    ['*.github.com', { host: 'evilgithub.com' }, false],
    ['github.com', { host: 'github.com.evil.example' }, false],
    ['api.github.com', { host: null, address: '140.82.112.6' }, false],
    ['api.github.com', { host: null, address: null }, false],
    ['api.github.com:443', { port: null }, false],
  ] as const)('%s against %o: %s', (pattern, over, named) => {
    expect(namesHost(pattern, attempt(over))).toBe(named);
  });
});
