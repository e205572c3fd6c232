/** How a name was declared: by itself, or as one below a domain. */
export type Grant = 'name' | 'wildcard';

/**
 * What stands behind an address: any machine of the internet; a machine of a network of one's own; something that is
 * this very machine's or that only clouds' own machines are given; or no machine at all.
 */
export type Reachability = 'public' | 'private' | 'own' | 'nowhere';

type Range = readonly [first: readonly number[], bits: number, is: Reachability];

// By the registries of special addresses (RFC 6890 and its successors). The first that holds an address counts. Those
// of single addresses are where clouds hand a machine its credentials, beside 169.254.169.254: Alibaba, Oracle, Azure.
const V4: readonly Range[] = [
  [[0], 8, 'nowhere'],
  [[127], 8, 'own'],
  [[169, 254], 16, 'own'],
  [[100, 100, 100, 200], 32, 'own'],
  [[192, 0, 0, 192], 32, 'own'],
  [[168, 63, 129, 16], 32, 'own'],
  [[10], 8, 'private'],
  [[100, 64], 10, 'private'],
  [[172, 16], 12, 'private'],
  [[192, 0, 0], 24, 'private'],
  [[192, 168], 16, 'private'],
  [[198, 18], 15, 'private'],
  [[224], 3, 'nowhere'],
];

// Machines of Amazon ask fd00:ec2::254 and ::23 for theirs, those of Google fd20:ce::254, of Oracle fd00:c1::a9fe:a9fe.
const V6: readonly Range[] = [
  [[0xfd, 0, 0x0e, 0xc2], 32, 'own'],
  [[0xfd, 0x20, 0, 0xce], 32, 'own'],
  [[0xfd, 0, 0, 0xc1], 32, 'own'],
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 128, 'own'],
  [[0xfe, 0x80], 10, 'own'],
  [[0xfe, 0xc0], 10, 'private'],
  [[0xfc], 7, 'private'],
  [[0xff], 8, 'nowhere'],
  [[], 3, 'nowhere'],
];

/** Beginnings of addresses of IPv6 behind which an address of IPv4 is meant, and where it stands. */
const EMBEDDING: readonly (readonly [beginning: readonly number[], at: number])[] = [
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff], 12],
  [[0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0], 12],
  [[0x20, 0x02], 2],
];

/** What stands behind an address, as a resolver writes it; one that cannot be read is nowhere. */
export function reachabilityOf(address: string): Reachability {
  const bytes = bytesOf(address);
  if (bytes === undefined) return 'nowhere';
  if (bytes.length === 4) return inRanges(bytes, V4);
  const embedding = EMBEDDING.find(([beginning]) => beginning.every((byte, at) => bytes[at] === byte));
  return embedding === undefined
    ? inRanges(bytes, V6)
    : inRanges(bytes.slice(embedding[1], embedding[1] + 4), V4);
}

/**
 * Whether an address may be meant by a name. Whoever has a name can let it lead anywhere, also to services that trust
 * whoever comes from this machine: so no name leads to its loopback, its link, or where clouds give out credentials;
 * those have to be declared as the addresses that they are. A network of one's own, and this machine by its other
 * addresses, are reached by a name that was declared by itself, and by none that is only below a declared domain: of
 * those a stranger may have one.
 */
export function mayBeMeant(grant: Grant, address: string, ownAddresses: ReadonlySet<string>): boolean {
  const reachability = reachabilityOf(address);
  if (reachability !== 'public' && reachability !== 'private') return false;
  return grant === 'name' || (reachability === 'public' && !ownAddresses.has(address));
}

function inRanges(bytes: readonly number[], ranges: readonly Range[]): Reachability {
  return ranges.find(([first, bits]) => startsWith(bytes, first, bits))?.[2] ?? 'public';
}

function startsWith(bytes: readonly number[], first: readonly number[], bits: number): boolean {
  return bytes.every((byte, at) => {
    const counted = Math.min(8, Math.max(0, bits - at * 8));
    return (byte ^ (first[at] ?? 0)) >> (8 - counted) === 0;
  });
}

function bytesOf(address: string): readonly number[] | undefined {
  if (!address.includes(':')) return quad(address);
  // A zone says by which of this machine's interfaces; the address is the same.
  const text = address.replace(/%.*$/, '');
  const tail = /(?<=:)\d+\.\d+\.\d+\.\d+$/.exec(text)?.[0];
  const end = tail === undefined ? [] : quad(tail);
  if (end === undefined) return undefined;
  const groups = tail === undefined ? text : `${text.slice(0, -tail.length)}${pairs(end)}`;
  return sixteen(groups);
}

const pairs = ([a = 0, b = 0, c = 0, d = 0]: readonly number[]): string =>
  `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;

function quad(text: string): readonly number[] | undefined {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return undefined;
  const bytes = text.split('.').map(Number);
  return bytes.every((byte) => byte < 256) ? bytes : undefined;
}

function sixteen(text: string): readonly number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [before = [], after = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - before.length - after.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...before, ...Array.from({ length: missing }, () => '0'), ...after];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
}
