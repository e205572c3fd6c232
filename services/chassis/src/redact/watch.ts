import type { KnownSecret } from './known.ts';
import { createSeeker } from './seek.ts';
import type { Seeker } from './sighting.ts';

/** Bytes being watched as they come. The same bytes give the same answer however they are cut into chunks. */
export interface WatchStream {
  push(chunk: Uint8Array): void;
  /** The names of what was seen in the whole. Nothing may be pushed after it. */
  end(): readonly string[];
}

/** Says which known values stand in bytes. */
export interface Watch {
  /** The names of the known values that were seen, each once, in the order in which they are known. */
  in(bytes: Uint8Array): readonly string[];
  stream(): WatchStream;
}

// Bytes looked at in one go: the copy that joins chunks stays small.
const PIECE = 65_536;

/**
 * Watches for known values only, whole or in part and in every encoding that a redactor knows, without its rules.
 * Costs nothing where no value is known, or once all were seen.
 */
export function watchFor(known: readonly KnownSecret[]): Watch {
  const seeker = createSeeker(known);
  const names = [...new Set(known.map((secret) => secret.name))];
  const stream = (): WatchStream => (names.length === 0 ? NOTHING : openWatch(seeker, names));
  return {
    in(bytes) {
      const opened = stream();
      opened.push(bytes);
      return opened.end();
    },
    stream,
  };
}

const NOTHING: WatchStream = { push: () => undefined, end: () => [] };

function openWatch(seeker: Seeker, names: readonly string[]): WatchStream {
  const seen = new Set<string>();
  let held: Buffer = Buffer.alloc(0);
  let waiting: Buffer[] = [];
  let length = 0;
  let wanted = 0;

  function look(ended: boolean): void {
    held = Buffer.concat([held, ...waiting]);
    waiting = [];
    const sightings = seeker.find(held, 0, ended);
    for (const { name } of sightings.found) seen.add(name);
    held = held.subarray(sightings.decided);
    length = held.length;
    wanted = sightings.wanted - sightings.decided;
  }

  return {
    push(chunk) {
      for (let at = 0; at < chunk.length && seen.size < names.length; at += PIECE) {
        // A copy: the caller may use its buffer again.
        const piece = Buffer.from(chunk.subarray(at, at + PIECE));
        waiting.push(piece);
        length += piece.length;
        if (length >= wanted) look(false);
      }
    },
    end() {
      if (seen.size < names.length) look(true);
      return names.filter((name) => seen.has(name));
    },
  };
}
