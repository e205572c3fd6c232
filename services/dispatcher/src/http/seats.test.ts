import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seats } from './seats.ts';

describe('seats', () => {
  it('are never more than there may be, for one or for all, and each is given back once', () => {
    const moves = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(5)), { maxLength: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 8 }), moves, (one, all, acts) => {
        const room = seats({ perPrincipal: one, perTenant: 99, inAll: all });
        const held: { readonly who: string; readonly leave: () => void }[] = [];
        for (const [who, act] of acts) {
          const own = held.filter((seat) => seat.who === who).length;
          if (act > 2) {
            const leave = room.take({ id: who, grants: [] });
            expect(leave !== undefined).toBe(own < one && held.length < all);
            if (leave !== undefined) held.push({ who, leave });
          } else {
            const [seat] = held.splice(act, 1);
            seat?.leave();
            seat?.leave();
          }
          expect(room.taken).toBe(held.length);
        }
      }),
    );
  });

  it('are shared by all principals of a tenant, however many there are', () => {
    const room = seats({ perPrincipal: 2, perTenant: 3, inAll: 4 });
    const of = (id: string, tenant: string | null) => room.take({ id, grants: [{ role: 'viewer', tenant }] });
    const taken = ['a', 'b', 'c'].map((id) => of(id, 'web'));
    expect(taken.map((leave) => leave !== undefined)).toEqual([true, true, true]);
    expect(of('d', 'web')).toBeUndefined();
    expect(of('d', 'ops')).toBeDefined();
    expect(of('chief', null)).toBeUndefined();
    taken[0]?.();
    expect(of('d', 'web')).toBeDefined();
  });
});
