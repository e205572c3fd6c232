import { extend, type Finder, HOLD, mergeSpans, RETAIN, type Span } from './finder.ts';
import type { Sighting } from './sighting.ts';

/** How many secrets were taken out, and of which kinds. */
export interface Tally {
  readonly redactions: number;
  readonly kinds: Readonly<Record<string, number>>;
  /** How often each known value was seen, whole or in part, by its name; whatever else overlapped with it. */
  readonly known: Readonly<Record<string, number>>;
}

/** A stream being scrubbed. The same bytes give the same result however they are cut into chunks. */
export interface RedactStream {
  /** Takes bytes and gives those that are decided; holds back some kilobytes, as far as a secret may reach. */
  push(chunk: Uint8Array): Buffer;
  /** Gives the rest, and what was taken out of the whole. Nothing may be pushed after it. */
  end(): Tally & { readonly rest: Buffer };
}

const PIECE = 65_536;
const FIRST = 4096;

/** What can be written of some bytes up to a limit. */
interface Cut {
  readonly written: readonly Uint8Array[];
  /** Kinds of the spans that ended, one entry for each. */
  readonly kinds: readonly string[];
  readonly open: readonly Span[];
}

/** Writes bytes [from, limit) with a label for each span that ends there; `spans` are merged and in order. */
function cutOut(bytes: Buffer, from: number, limit: number, spans: readonly Span[]): Cut {
  const written: Uint8Array[] = [];
  const kinds: string[] = [];
  const open: Span[] = [];
  let at = from;
  for (const span of spans) {
    if (span.start >= limit) {
      open.push(span);
      continue;
    }
    written.push(bytes.subarray(at, Math.max(at, span.start)));
    if (span.end <= limit) {
      written.push(Buffer.from(`[redacted:${span.kind}]`, 'latin1'));
      kinds.push(span.kind);
      at = span.end;
    } else {
      // What it covers goes now, its label follows when it ends: an endless secret takes no memory.
      open.push({ ...span, start: limit });
      at = limit;
    }
  }
  written.push(bytes.subarray(at, Math.max(at, limit)));
  return { written, kinds, open };
}

/** Counts known values by name; sightings of one that overlap are the same. */
function countSightings() {
  const counts = new Map<string, { count: number; end: number }>();
  return {
    add(found: readonly Sighting[]): void {
      for (const { name, start, end } of found) {
        const last = counts.get(name) ?? { count: 0, end: 0 };
        const again = last.count > 0 && start < last.end;
        counts.set(name, { count: last.count + (again ? 0 : 1), end: Math.max(last.end, end) });
      }
    },
    /** So many bytes before all others were let go: positions are counted from after them. */
    drop(bytes: number): void {
      for (const last of counts.values()) last.end -= bytes;
    },
    count: () => Object.fromEntries([...counts].map(([name, { count }]) => [name, count])),
  };
}

/** Opens a stream over a finder; memory is bounded by the chunk and the longest secret, whatever comes. */
export function openStream(finder: Finder): RedactStream {
  // Of the bytes held, [0, emitted) are context, [emitted, decided) wait for spans to end, the rest is unread.
  let held: Buffer = Buffer.alloc(0);
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let origin = 0;
  let emitted = 0;
  let decided = 0;
  let wanted = FIRST;
  let open: readonly Span[] = [];
  let redactions = 0;
  const kinds = new Map<string, number>();
  const sightings = countSightings();

  function advance(ended: boolean): readonly Uint8Array[] {
    held = Buffer.concat([held, ...waiting]);
    waiting = [];
    waitingBytes = 0;
    const found = finder.find(held, decided, ended, origin);
    const limit = ended ? held.length : Math.max(emitted, found.decided - HOLD);
    sightings.add(found.known);
    const cut = cutOut(
      held,
      emitted,
      limit,
      mergeSpans([...open.map((span) => extend(span, held)), ...found.spans]),
    );
    for (const kind of cut.kinds) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    redactions += cut.kinds.length;
    const gone = Math.max(0, limit - RETAIN);
    held = held.subarray(gone);
    sightings.drop(gone);
    origin += gone;
    emitted = limit - gone;
    decided = found.decided - gone;
    wanted = found.wanted - gone;
    open = cut.open.map((span) => ({ ...span, start: span.start - gone, end: span.end - gone }));
    return cut.written;
  }

  return {
    push(chunk) {
      const out: Uint8Array[] = [];
      for (let at = 0; at < chunk.length; at += PIECE) {
        // A copy: the caller may use its buffer again.
        const piece = Buffer.from(chunk.subarray(at, at + PIECE));
        waiting.push(piece);
        waitingBytes += piece.length;
        if (held.length + waitingBytes >= wanted) out.push(...advance(false));
      }
      return Buffer.concat(out);
    },
    end() {
      const rest = Buffer.concat(advance(true));
      return { rest, redactions, kinds: Object.fromEntries(kinds), known: sightings.count() };
    },
  };
}
