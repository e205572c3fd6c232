import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Which exchanges over HTTP are broken, how far into them, and how. */
export interface Fault {
  /** What the request's first line looks like. */
  readonly request: RegExp;
  /** Whose bytes are counted. */
  readonly of: 'client' | 'server';
  /** After how many bytes of them, the heads included. */
  readonly after: number;
  /** Ends the connection, or lets nothing more through. */
  readonly by: 'cut' | 'silence';
  /** How many such exchanges, when not every one. */
  readonly times?: number;
}

/** A way to a server over HTTP on which exchanges can be broken. */
export interface Cutter {
  readonly port: number;
  /** The first lines of all requests that went this way. */
  readonly requests: readonly string[];
  /** Breaks such exchanges from now on; null breaks none any more. */
  inject(fault: Fault | null): void;
  /** How many exchanges were broken since. */
  broken(): number;
  stop(): Promise<void>;
}

const FIRST_LINE = /^(?:GET|HEAD|PUT|POST|DELETE) \S+ HTTP\/1\.1(?=\r\n)/;

/** One exchange as it passes: its request's first line, and how many bytes of each side went by. */
interface Exchange {
  request: string;
  client: number;
  server: number;
}

/** Starts a proxy before a server on a loopback port. */
export async function startCutter(target: number): Promise<Cutter> {
  const requests: string[] = [];
  const open = new Set<Socket>();
  let fault: Fault | null = null;
  let broken = 0;
  /** How many of these bytes may still pass, and what then happens. */
  const judge = (of: 'client' | 'server', bytes: Buffer, exchange: Exchange) => {
    exchange[of] += bytes.length;
    if (fault === null || fault.of !== of || !fault.request.test(exchange.request)) return null;
    const excess = exchange[of] - fault.after;
    if (excess <= 0) return null;
    broken += 1;
    const { by } = fault;
    if (broken === fault.times) fault = null;
    return { by, rest: bytes.subarray(0, Math.max(0, bytes.length - excess)) };
  };
  const relay = (of: 'client' | 'server', from: Socket, to: Socket, exchange: Exchange) => {
    open.add(from);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      open.delete(from);
      to.destroy();
    });
    from.on('data', (bytes: Buffer) => {
      const line = of === 'client' ? FIRST_LINE.exec(bytes.toString('latin1', 0, 1000))?.[0] : undefined;
      if (line !== undefined) {
        requests.push(line);
        Object.assign(exchange, { request: line, client: 0, server: 0 });
      }
      const end = judge(of, bytes, exchange);
      if (end === null) return void to.write(bytes);
      from.pause();
      to.write(end.rest);
      if (end.by === 'cut') to.end(() => from.destroy());
    });
  };
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    const exchange = { request: '', client: 0, server: 0 };
    relay('client', client, upstream, exchange);
    relay('server', upstream, client, exchange);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    inject(next) {
      fault = next;
      broken = 0;
    },
    broken: () => broken,
    async stop() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}
