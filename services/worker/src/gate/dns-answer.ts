const HEADER = 12;
const LONGEST_NAME = 255;
const LONGEST_LABEL = 63;
const TTL_SECONDS = 60;

const TYPE_A = 1;
const CLASS_INTERNET = 1;

/** Codes of answers (RFC 1035, section 4.1.1). */
const CODES = { fine: 0, malformed: 1, failed: 2, unknown: 3, unable: 4 } as const;

/** The question of a message that was understood. */
export interface Question {
  readonly id: number;
  /** Whether whoever asks wants the answer looked for. */
  readonly recursion: boolean;
  /** In lower case; null for a name that no machine has. */
  readonly name: string | null;
  readonly wantsAddress: boolean;
  /** As it was asked, to be said again in the answer. */
  readonly bytes: Buffer;
}

/** What a message that came to the resolver is. */
export type Asked =
  | { readonly kind: 'question'; readonly question: Question }
  /** Answered already: it was no question that can be understood. */
  | { readonly kind: 'refused'; readonly answer: Buffer }
  /** Not for us, such as an answer: answering it could go on for ever. */
  | { readonly kind: 'noise' };

/** Reads a message of RFC 1035, section 4: one standard question, whatever else it brings. */
export function readAsked(message: Buffer): Asked {
  if (message.length < HEADER || (message[2] ?? 0) >= 0x80) return { kind: 'noise' };
  const id = message.readUInt16BE(0);
  const flags = message.readUInt16BE(2);
  const recursion = (flags & 0x100) !== 0;
  const blank = { id, recursion, name: null, wantsAddress: false, bytes: Buffer.alloc(0) };
  if ((flags & 0x7800) !== 0) return { kind: 'refused', answer: answer(blank, 'unable') };
  const end = message.readUInt16BE(4) === 1 ? endOfName(message, HEADER) : undefined;
  if (end === undefined || end + 4 > message.length)
    return { kind: 'refused', answer: answer(blank, 'malformed') };
  const [type, kind] = [message.readUInt16BE(end), message.readUInt16BE(end + 2)];
  const question = {
    ...{ id, recursion },
    name: kind === CLASS_INTERNET ? nameOf(message.subarray(HEADER, end)) : null,
    wantsAddress: type === TYPE_A,
    bytes: Buffer.from(message.subarray(HEADER, end + 4)),
  };
  return { kind: 'question', question };
}

/** An answer without an address: there is none of that kind, no such name, or no more places to give. */
export function answer(question: Question, code: keyof typeof CODES): Buffer {
  return Buffer.concat([header(question, CODES[code], 0), question.bytes]);
}

/** The answer to a question for an address. */
export function answerAddress(question: Question, address: string): Buffer {
  const record = Buffer.alloc(12);
  // Its name is that of the question, which stands right behind the header (section 4.1.4).
  record.writeUInt16BE(0xc000 | HEADER, 0);
  record.writeUInt16BE(TYPE_A, 2);
  record.writeUInt16BE(CLASS_INTERNET, 4);
  record.writeUInt32BE(TTL_SECONDS, 6);
  record.writeUInt16BE(4, 10);
  return Buffer.concat([
    header(question, CODES.fine, 1),
    question.bytes,
    record,
    Buffer.from(address.split('.').map(Number)),
  ]);
}

function header({ id, recursion, bytes }: Question, code: number, answers: number): Buffer {
  const head = Buffer.alloc(HEADER);
  head.writeUInt16BE(id, 0);
  // An answer, from somebody who looks for answers.
  head.writeUInt16BE(0x8080 | (recursion ? 0x100 : 0) | code, 2);
  head.writeUInt16BE(bytes.length === 0 ? 0 : 1, 4);
  head.writeUInt16BE(answers, 6);
  return head;
}

/** Where a name's bytes end; undefined for one that is too long, cut off, or told by a pointer, as no question is. */
function endOfName(message: Buffer, from: number): number | undefined {
  let at = from;
  for (let length = message[at]; length !== 0; length = message[at]) {
    if (length === undefined || length > LONGEST_LABEL) return undefined;
    at += 1 + length;
    if (at - from >= LONGEST_NAME) return undefined;
  }
  return at + 1;
}

/** A name's labels with dots between them; null where a label holds what no name of a machine does. */
function nameOf(bytes: Buffer): string | null {
  const labels: string[] = [];
  for (let at = 0; bytes[at] !== 0; at += 1 + (bytes[at] ?? 0)) {
    // latin1 keeps bytes apart: no character turns into an ASCII letter when it is made lower case.
    const label = bytes.toString('latin1', at + 1, at + 1 + (bytes[at] ?? 0));
    if (!/^[A-Za-z0-9_-]+$/.test(label)) return null;
    labels.push(label.toLowerCase());
  }
  return labels.length === 0 ? null : labels.join('.');
}
