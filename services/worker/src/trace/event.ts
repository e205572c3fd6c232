import type { Address, Socket } from './address.ts';
import type { Result } from './line.ts';
import type { Quoted } from './syntax.ts';

/** Strings of an argument list; null where the tracer could not read them. */
export type Strings = readonly Quoted[] | null;

/** One datagram or piece of a stream on its way out; `payload` is null where it could not be read. */
export interface Message {
  readonly address: Address;
  readonly payload: readonly Quoted[] | null;
}

/** What a completed call means. */
export type CallEvent =
  | {
      readonly kind: 'exec';
      readonly path: Quoted | null;
      /** The file behind the descriptor, for `execveat` with an empty path; hexadecimal as the tracer writes it. */
      readonly file: string | null;
      readonly argv: Strings;
      readonly envp: Strings;
      readonly result: Result;
    }
  | {
      readonly kind: 'spawn';
      readonly flags: ReadonlySet<string>;
      readonly call: string;
      readonly result: Result;
    }
  | { readonly kind: 'socket'; readonly raw: boolean; readonly fd: number | null }
  | { readonly kind: 'connect'; readonly socket: Socket; readonly address: Address; readonly result: Result }
  | {
      readonly kind: 'send';
      readonly socket: Socket;
      readonly messages: readonly Message[] | null;
      readonly result: Result;
    }
  /** A socket has an address of its own now. */
  | {
      readonly kind: 'local';
      readonly call: 'bind' | 'listen' | 'getsockname';
      readonly socket: Socket;
      readonly address: Address;
      readonly result: Result;
    }
  /** A signal, new limits or another place in the queue for the processes named; null where the tracer could not tell which. */
  | { readonly kind: 'reach'; readonly call: string; readonly targets: readonly number[] | null }
  | { readonly kind: 'privileged'; readonly call: string }
  /** A program answers for the calls of others in the kernel's place; the tracer does not see those. */
  | { readonly kind: 'filter' }
  | { readonly kind: 'other' };
