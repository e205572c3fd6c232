import type { Digest } from '@drylane/proto/digest';
import type { RunId } from '@drylane/proto/ids';

/** A receipt that holds by itself: signed by a known key, and whole. */
export interface SoundLink {
  readonly sound: true;
  /** Its place in what was given, from 0. */
  readonly position: number;
  readonly sequence: number;
  readonly run: RunId;
  readonly previous: Digest | null;
  readonly digest: Digest;
}

/** What does not hold by itself. What it says of itself may be a lie. */
export interface FaultyLink {
  readonly sound: false;
  readonly position: number;
  readonly sequence: number | null;
  readonly run: RunId | null;
  readonly fault: 'unreadable' | 'unknown-key' | 'bad-signature' | 'malformed';
  readonly message: string;
}

export type Link = SoundLink | FaultyLink;

/** One place where the chain does not hold. */
export interface Break {
  readonly fault: FaultyLink['fault'] | 'replaced' | 'missing' | 'duplicate';
  /** Its place in what was given, from 0; null for what is missing. */
  readonly position: number | null;
  /** As it says itself, where its signature does not hold; null where it cannot be read. */
  readonly sequence: number | null;
  readonly run: RunId | null;
  readonly message: string;
}

/** Every place where a chain of receipts does not hold, the first one first. They may be given in any order. */
export function breaksIn(links: readonly Link[]): readonly Break[] {
  const breaks: Break[] = [];
  let last: SoundLink | undefined;
  let next: number | undefined;
  for (const { link, place } of placed(links)) {
    // Only between sound ones is anything missing: whatever stands outside of them may say any sequence.
    if (next !== undefined && place !== AFTER && place > next) breaks.push(missing(next, place - 1));
    if (!link.sound) {
      const { fault, position, sequence, run, message } = link;
      breaks.push({ fault, position, sequence, run, message });
    } else {
      if (last?.sequence === place) breaks.push(duplicate(last, link));
      else if (last?.sequence === place - 1 && link.previous !== last.digest) breaks.push(replaced(last));
      last = link;
    }
    if (place !== AFTER && place !== BEFORE) next = place + 1;
  }
  return breaks;
}

const BEFORE = -1;
const AFTER = Number.POSITIVE_INFINITY;

interface Placed {
  readonly link: Link;
  /** The sequence that it has or must have had; `BEFORE` or `AFTER` all sound ones where that cannot be told. */
  readonly place: number;
}

/** The links in the order of the chain. */
function placed(links: readonly Link[]): readonly Placed[] {
  const taken = new Set(links.flatMap((link) => (link.sound ? [link.sequence] : [])));
  const low = [...taken].reduce((least, sequence) => Math.min(least, sequence), AFTER);
  const high = [...taken].reduce((most, sequence) => Math.max(most, sequence), BEFORE);
  const placeOf = (link: Link, index: number): number => {
    if (link.sound) return link.sequence;
    // The sequence itself may be what was changed; what is given before it still shows where it stood.
    const before = links[index - 1];
    const guesses = [link.sequence, before?.sound ? before.sequence + 1 : null];
    const gap = guesses.find((place) => place !== null && place > low && place < high && !taken.has(place));
    if (gap !== undefined && gap !== null) return gap;
    return link.sequence !== null && link.sequence < low ? BEFORE : AFTER;
  };
  return links
    .map((link, index): Placed => ({ link, place: placeOf(link, index) }))
    .sort((a, b) => (a.place === b.place ? a.link.position - b.link.position : a.place < b.place ? -1 : 1));
}

function missing(from: number, to: number): Break {
  const which = from === to ? `receipt ${from} is` : `receipts ${from} to ${to} are`;
  return {
    fault: 'missing',
    position: null,
    sequence: from,
    run: null,
    message: `${which} missing, between ${from - 1} and ${to + 1}`,
  };
}

function duplicate(first: SoundLink, { position, sequence, run, digest }: SoundLink): Break {
  const message =
    digest === first.digest
      ? `receipt ${sequence} is there twice`
      : `there are two different receipts with the sequence ${sequence}`;
  return { fault: 'duplicate', position, sequence, run, message };
}

function replaced({ position, sequence, run }: SoundLink): Break {
  const message = `receipt ${sequence} is not the one that receipt ${sequence + 1} was signed after`;
  return { fault: 'replaced', position, sequence, run, message };
}
