import { describe, expect, it } from 'vitest';
import { ENGINE_PLACES, engineArguments, isNotable } from './places.ts';

describe("the worker's own engine", () => {
  it('listens on a socket of the container only, has no network, and takes no other storage than overlay', () => {
    const args = engineArguments(ENGINE_PLACES, false);
    expect(args.filter((arg) => arg.startsWith('--host'))).toEqual([
      '--host=unix:///run/drylane/engine.sock',
    ]);
    expect(args).toEqual(
      expect.arrayContaining(['--bridge=none', '--iptables=false', '--storage-driver=overlay2']),
    );
    expect(engineArguments(ENGINE_PLACES, true)).toEqual([...args, '--config-file=/etc/drylane/engine.json']);
  });

  it.each([
    ['time="2026-11-30T17:06:35.6Z" level=warning msg="cleaning up level=error" id=1', false],
    ['time="2026-11-30T17:06:34.9Z" level=info msg="starting signal loop"', false],
    ['time="2026-11-30T17:06:34.9Z" level=error msg="no space left level=info"', true],
    ['failed to start daemon: Error saving key file: level=info', true],
  ])('says %s: worth a line of ours is %s', (line, notable) => {
    expect(isNotable(line)).toBe(notable);
  });
});
