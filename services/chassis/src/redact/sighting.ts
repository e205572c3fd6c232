/** A known value, or a part of one, found: half-open byte range. */
export interface Sighting {
  /** Where the bytes stand that gave it away; sightings come in the order of these. */
  readonly anchor: number;
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly kind: string;
  /** Whether it may be a part only. */
  readonly partial: boolean;
}

/** What {@link Seeker.find} saw. */
export interface Sightings {
  readonly found: readonly Sighting[];
  /** Every anchor before this was decided; the rest needs more bytes. */
  readonly decided: number;
  /** Buffer length at which it is worth to look again. */
  readonly wanted: number;
}

/** Looks for known values in bytes that may go on. */
export interface Seeker {
  /** Sightings whose anchor is at or after `from`; `ended` says that no more bytes come. */
  find(bytes: Uint8Array, from: number, ended: boolean): Sightings;
}
