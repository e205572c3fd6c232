import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';

const START_MS = 60_000;

/** A real Redis for tests: in a directory of its own, at a unix socket, with an append-only file. */
export interface RedisServer {
  /** Its socket's path, which is its address. */
  readonly url: string;
  /** Ends the server without a word to anybody. */
  kill(): Promise<void>;
  /** Starts it again with what it had written, and waits until it answers. */
  start(): Promise<void>;
  /** Lets it hang: it takes connections and answers nothing. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Asks it something over a connection of its own. */
  ask<T>(question: (client: Redis) => Promise<T>): Promise<T>;
  /** Ends the server and takes its directory away. */
  stop(): Promise<void>;
}

// It reads orders until nobody holds the other end any more, so that the server outlives no test, however that one went.
const KEEPER = `
  start() {
    redis-server --port 0 --unixsocket "$0/redis" --dir "$0" --appendonly yes --save '' --loglevel warning \
      >>"$0/log" 2>&1 &
    server=$!
  }
  while read -r order; do
    case $order in
      start) start ;;
      kill) kill -KILL $server; wait $server 2>/dev/null ;;
      pause) kill -STOP $server ;;
      resume) kill -CONT $server ;;
    esac
    echo done
  done
  kill -KILL $server 2>/dev/null
  wait $server 2>/dev/null
  rm -rf -- "$0"
`;

/** Starts a server. Where Redis is not installed, `npm run machine` installs it. */
export async function startRedis(): Promise<RedisServer> {
  const directory = mkdtempSync(join(tmpdir(), 'drylane-redis-'));
  const keeper = spawn('/bin/sh', ['-c', KEEPER, directory], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const closed = once(keeper, 'close');
  const answers = createInterface(keeper.stdout);
  const order = async (word: string): Promise<void> => {
    const done = once(answers, 'line');
    keeper.stdin.write(`${word}\n`);
    await done;
  };
  const url = join(directory, 'redis');
  const start = async () => {
    await order('start');
    await answering(url);
  };
  await start();
  return {
    url,
    kill: () => order('kill'),
    start,
    pause: () => order('pause'),
    resume: () => order('resume'),
    ask: (question) => asked(url, question),
    async stop() {
      keeper.stdin.end();
      await closed;
    },
  };
}

async function asked<T>(url: string, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
  client.on('error', () => {});
  try {
    await client.connect();
    return await question(client);
  } finally {
    client.disconnect();
  }
}

async function answering(url: string): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    try {
      await asked(url, (client) => client.ping());
      return;
    } catch (cause) {
      if (Date.now() > deadline)
        throw new Error('redis-server does not answer; is it installed? npm run machine', { cause });
      await delay(20);
    }
  }
}
