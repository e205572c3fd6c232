import { createSocket } from 'node:dgram';
import { Resolver as Asker } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Allot, openResolver, type ResolverLimits } from './resolver.ts';

const LIMITS: ResolverLimits = { questions: 1000, streams: 4, idleMs: 60_000 };
const KNOWN: Allot = async (name) =>
  name === 'a.example' ? '127.64.0.1' : name === 'z.example' ? 'full' : null;

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function standing(allot: Allot = KNOWN, limits = LIMITS) {
  const resolver = openResolver(allot, limits);
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  resolver.datagrams(socket);
  const { port } = socket.address();
  const server = createServer((stream) => resolver.stream(stream));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => {
    resolver.close();
    server.close();
    socket.close();
  });
  const [asker, impatient] = [30_000, 300].map((timeout) => {
    const one = new Asker({ timeout, tries: 1 });
    one.setServers([`127.0.0.1:${port}`]);
    return one;
  }) as [Asker, Asker];
  return { asker, impatient, port, streamPort: (server.address() as { port: number }).port };
}

/** A question for an address, as a stream has it. */
function framed(name: string, id = 7): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`));
  const message = Buffer.concat([
    Buffer.from([0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    ...labels,
    Buffer.from([0, 0, 1, 0, 1]),
  ]);
  return Buffer.concat([Buffer.from([0, message.length]), message]);
}

describe('the resolver of a gate', () => {
  it('answers an independent client for declared names, and has no others', async () => {
    const { asker } = await standing();
    expect(await asker.resolve4('A.Example')).toEqual(['127.64.0.1']);
    await expect(asker.resolve4('b.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(asker.resolve6('a.example')).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(asker.resolveMx('a.example')).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(asker.resolveTxt('stolen.b.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(asker.resolve4('z.example')).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });

  it('answers that it failed when a place could not be opened', async () => {
    const { asker } = await standing(() => Promise.reject(new Error('gone')));
    await expect(asker.resolve4('a.example')).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });

  it('stays silent on noise, and answers what comes after it', async () => {
    const { asker, port } = await standing();
    const noise = createSocket('udp4');
    for (const bytes of ['', 'x', '\0'.repeat(11), '\x80'.repeat(40), 'A'.repeat(2000)])
      noise.send(Buffer.from(bytes, 'latin1'), port, '127.0.0.1');
    expect(await asker.resolve4('a.example')).toEqual(['127.64.0.1']);
    noise.close();
  });

  it('answers so many questions of a run and no more', async () => {
    const { asker, impatient } = await standing(KNOWN, { ...LIMITS, questions: 2 });
    await asker.resolve4('a.example');
    await expect(asker.resolve4('b.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(impatient.resolve4('a.example')).rejects.toMatchObject({ code: 'ETIMEOUT' });
  });

  it('answers on streams, however they are cut, one after another', async () => {
    const { streamPort } = await standing();
    const stream = connect(streamPort, '127.0.0.1');
    const asked = Buffer.concat([framed('a.example', 1), framed('b.example', 2)]);
    for (const byte of asked) stream.write(Buffer.of(byte));
    const heard: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      heard.push(chunk);
      if (Buffer.concat(heard).length === 45 + 29) break;
    }
    const all = Buffer.concat(heard);
    expect([all[3], all.subarray(41, 45).toString('hex'), all[48], (all[50] ?? 0) & 15]).toEqual([
      1,
      '7f400001',
      2,
      3,
    ]);
  });

  it('ends a stream that says what is no question, is too long, or is one too many', async () => {
    const { streamPort } = await standing(KNOWN, { ...LIMITS, streams: 1 });
    for (const bytes of [Buffer.from([0, 3, 1, 2, 3]), Buffer.alloc(5000, 255)]) {
      const stream = connect(streamPort, '127.0.0.1');
      stream.on('error', () => undefined);
      stream.write(bytes);
      await new Promise((ended) => stream.resume().once('close', ended));
    }
    const first = connect(streamPort, '127.0.0.1');
    first.write(framed('a.example'));
    await once(first, 'data');
    const second = connect(streamPort, '127.0.0.1');
    second.on('error', () => undefined);
    await new Promise((ended) => second.resume().once('close', ended));
    first.destroy();
  });
});
