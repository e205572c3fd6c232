import type { Socket as Datagrams } from 'node:dgram';
import type { Socket } from 'node:net';
import { answer, answerAddress, type Question, readAsked } from './dns-answer.ts';

/** Finds the address that stands for a name; null for a name that was not declared, `full` when there are no more. */
export type Allot = (name: string) => Promise<string | null | 'full'>;

/** What one run may ask of the resolver. */
export interface ResolverLimits {
  readonly questions: number;
  readonly streams: number;
  readonly idleMs: number;
}

/** Answers questions for names, from inside a container; no question is ever handed on to another resolver. */
export interface Resolver {
  datagrams(socket: Datagrams): void;
  stream(stream: Socket): void;
  /** Ends every stream. */
  close(): void;
}

/** Makes a resolver that knows only the names that `allot` does. */
export function openResolver(allot: Allot, limits: ResolverLimits): Resolver {
  let left = limits.questions;
  const streams = new Set<Socket>();
  const reply = async (message: Buffer): Promise<Buffer | null> => {
    if (left <= 0) return null;
    left -= 1;
    const asked = readAsked(message);
    if (asked.kind === 'noise') return null;
    return asked.kind === 'refused' ? asked.answer : answerTo(asked.question, allot);
  };
  return {
    datagrams(socket) {
      socket.on('message', (message, from) => {
        void reply(message).then((bytes) => {
          // Who asked may be gone, and so may we.
          if (bytes !== null) send(socket, bytes, from);
        });
      });
    },
    stream(stream) {
      stream.on('error', () => undefined);
      if (streams.size >= limits.streams) return void stream.destroy();
      streams.add(stream);
      stream.on('close', () => streams.delete(stream));
      stream.setTimeout(limits.idleMs, () => stream.destroy());
      listen(stream, reply);
    },
    close() {
      for (const stream of streams) stream.destroy();
    },
  };
}

async function answerTo(question: Question, allot: Allot): Promise<Buffer> {
  if (question.name === null) return answer(question, 'unknown');
  const address = await allot(question.name).catch(() => 'full' as const);
  if (address === null) return answer(question, 'unknown');
  if (address === 'full') return answer(question, 'failed');
  // The name is there and has no address of that kind.
  return question.wantsAddress ? answerAddress(question, address) : answer(question, 'fine');
}

const LENGTH_BYTES = 2;
// Longer than any question with what else a client may add to it.
const LONGEST_MESSAGE = 4096;

/** Takes one message after another from a stream, each behind its length (RFC 1035, section 4.2.2). */
function listen(stream: Socket, reply: (message: Buffer) => Promise<Buffer | null>): void {
  const take = async (): Promise<void> => {
    let held: Buffer = Buffer.alloc(0);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      held = Buffer.concat([held, chunk]);
      for (let end = endOf(held); end <= held.length; end = endOf(held)) {
        const bytes = await reply(held.subarray(LENGTH_BYTES, end));
        if (bytes === null) return;
        held = held.subarray(end);
        const length = Buffer.alloc(LENGTH_BYTES);
        length.writeUInt16BE(bytes.length);
        stream.write(Buffer.concat([length, bytes]));
      }
      if (held.length > LONGEST_MESSAGE) return;
    }
  };
  void take()
    .catch(() => undefined)
    .finally(() => stream.destroy());
}

function endOf(held: Buffer): number {
  return held.length < LENGTH_BYTES ? Number.POSITIVE_INFINITY : LENGTH_BYTES + held.readUInt16BE(0);
}

function send(
  socket: Datagrams,
  bytes: Buffer,
  to: { readonly port: number; readonly address: string },
): void {
  try {
    socket.send(bytes, to.port, to.address, () => undefined);
  } catch {
    // Closed by now: the run has ended.
  }
}
