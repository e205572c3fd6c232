import { describe, expect, it } from 'vitest';
import { noPlaces } from './places.ts';

describe('places of a loopback', () => {
  it('are given to names one by one, and stay theirs', () => {
    const places = noPlaces();
    expect(places.allot('a.example')).toBe('127.64.0.1');
    expect(places.allot('b.example')).toBe('127.64.0.2');
    expect(places.allot('a.example')).toBe('127.64.0.1');
    expect(places.behind('127.64.0.2', 443)).toEqual({ host: 'b.example' });
    expect(places.behind('127.64.0.2', 22)).toEqual({ host: 'b.example' });
    expect(places.behind('127.64.0.3', 443)).toBeNull();
    expect(places.behind('127.0.0.1', 443)).toBeNull();
  });

  it('come to an end', () => {
    const places = noPlaces(300);
    const given = Array.from({ length: 300 }, (_, i) => places.allot(`n${i}`));
    expect(new Set(given).size).toBe(300);
    expect(given.at(-1)).toBe('127.64.1.44');
    expect(places.allot('one-more')).toBeNull();
    expect(places.allot('n0')).toBe('127.64.0.1');
  });

  it('are told by address and port where the command knows them by itself, and never given to a name', () => {
    const places = noPlaces();
    places.keep('127.0.0.1', 5432);
    places.keep('127.64.0.1', 80);
    expect(places.behind('127.0.0.1', 5432)).toEqual({ host: null });
    expect(places.behind('127.0.0.1', 5433)).toBeNull();
    expect(places.allot('a.example')).toBe('127.64.0.2');
  });
});
