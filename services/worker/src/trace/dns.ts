import { encodePath } from '@drylane/proto/paths';

const HEADER = 12;
const LONGEST_NAME = 255;
const LONGEST_LABEL = 63;

/** Two bytes that begin like this stand for labels elsewhere in the message (section 4.1.4). */
const POINTER = 0xc0;

/** A name that a query asks for: its labels, which may hold any bytes. */
export interface AskedName {
  readonly labels: readonly Buffer[];
}

/** The names that a DNS query asks for (RFC 1035, section 4); undefined when the bytes are no query. */
export function readQuery(message: Buffer): readonly AskedName[] | undefined {
  if (message.length < HEADER) return undefined;
  const flags = message.readUInt16BE(2);
  const questions = message.readUInt16BE(4);
  const isQuery = (flags & 0xf800) === 0; // no response, and the standard operation
  if (!isQuery || questions === 0) return undefined;
  const names: AskedName[] = [];
  let at = HEADER;
  for (let question = 0; question < questions; question++) {
    const read = readName(message, at);
    if (read === undefined || read.end + 4 > message.length) return undefined;
    names.push({ labels: read.labels });
    at = read.end + 4;
  }
  return names;
}

/** Labels from a place on, and where the place's own bytes end. Pointers only lead back, so they cannot turn in a circle. */
function readName(message: Buffer, from: number): { labels: Buffer[]; end: number } | undefined {
  const labels: Buffer[] = [];
  let total = 1;
  let at = from;
  for (let length = message[at]; length !== 0; length = message[at]) {
    if (length === undefined) return undefined;
    if (length >= POINTER) {
      const rest = readPointed(message, at, from);
      return rest && { labels: [...labels, ...rest], end: at + 2 };
    }
    total += 1 + length;
    if (length > LONGEST_LABEL || total > LONGEST_NAME || at + 1 + length > message.length) return undefined;
    labels.push(message.subarray(at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { labels, end: at + 1 };
}

/** The labels that a pointer stands for; it must lead to before the name that it stands in. */
function readPointed(message: Buffer, at: number, name: number): Buffer[] | undefined {
  const low = message[at + 1];
  if (low === undefined) return undefined;
  const target = (((message[at] ?? 0) & ~POINTER) << 8) | low;
  if (target < HEADER || target >= name) return undefined;
  return readName(message, target)?.labels;
}

/** A name as text, escaped like a path; a dot inside a label is no border between two, so it is written `\x2e`. */
export function showName({ labels }: AskedName): string {
  if (labels.length === 0) return '.';
  return labels.map((label) => encodePath(label).replaceAll('.', '\\x2e')).join('.');
}
