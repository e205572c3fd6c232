import { expect, it } from 'vitest';
import { newTally } from './tally.ts';

const meant = { host: 'a.example', address: null, port: 443 };

it('counts connections that are alike as one entry', () => {
  const tally = newTally();
  tally.note(meant, 'connected', '192.0.2.1')(10, 20);
  tally.note(meant, 'connected', '192.0.2.1')(1, 2);
  tally.note(meant, 'forbidden', '127.0.0.1');
  expect(tally.all()).toEqual([
    { ...meant, to: '192.0.2.1', outcome: 'connected', connections: 2, bytesOut: 11, bytesIn: 22 },
    { ...meant, to: '127.0.0.1', outcome: 'forbidden', connections: 1, bytesOut: 0, bytesIn: 0 },
  ]);
});

it('takes no more room for a name that leads elsewhere each time', () => {
  const tally = newTally(3);
  for (let i = 0; i < 100; i++) tally.note(meant, 'connected', `192.0.2.${i}`);
  expect(tally.all().map(({ to, connections }) => [to, connections])).toEqual([
    ['192.0.2.0', 1],
    ['192.0.2.1', 1],
    ['192.0.2.2', 1],
    [null, 97],
  ]);
});
