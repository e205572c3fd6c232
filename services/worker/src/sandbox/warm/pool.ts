/** How many slots are kept. */
export interface WarmOptions {
  /** For rehearsals of one kind. */
  readonly perKey: number;
  /** Of all kinds together. */
  readonly most: number;
  /** Milliseconds without a rehearsal of their kind after which slots are let go; the kind used last keeps one. */
  readonly idleMs: number;
  /** Slots are made while fewer rehearsals than this are under way. */
  readonly quietBelow: number;
  readonly told?: (event: PoolEvent) => void;
}

/** What a pool tells of itself. */
export type PoolEvent =
  | { readonly event: 'counts'; readonly warming: number; readonly ready: number; readonly busy: number }
  /** Whether a rehearsal found a slot. */
  | { readonly event: 'taken'; readonly hit: boolean }
  /** A slot could not be made, or was none any more when it was needed. */
  | { readonly event: 'fault'; readonly cause: unknown };

/** After a slot could not be made or used, so many milliseconds pass before another of its kind is tried. */
const REST_MS = 10_000;

interface Kind<Slot> {
  readonly make: () => Promise<Slot>;
  readonly ready: Slot[];
  /** Whoever takes a slot that is still being made. */
  claims: ((slot: Slot | undefined) => void)[];
  warming: number;
  usedMs: number;
  /** How often a rehearsal of it was noted. */
  uses: number;
  restsUntilMs: number;
}

/**
 * Keeps things of several kinds ready, as many as were asked for lately. They are made one at a time, and only while
 * little else is under way. Nothing in here knows what a slot is.
 */
export class Pool<Slot> implements AsyncDisposable {
  readonly #options: WarmOptions;
  readonly #destroy: (slot: Slot) => Promise<void>;
  readonly #kinds = new Map<string, Kind<Slot>>();
  readonly #leaving = new Set<Promise<void>>();
  /** Those that could not be taken away, as from an engine that is gone. */
  #stuck: Slot[] = [];
  readonly #timer: NodeJS.Timeout;
  #busy = 0;
  #filling: Promise<void> | undefined;
  #closed = false;

  constructor(options: WarmOptions, destroy: (slot: Slot) => Promise<void>) {
    this.#options = options;
    this.#destroy = destroy;
    this.#timer = setInterval(() => this.#tidy(), Math.max(100, options.idleMs / 4)).unref();
  }

  /** A slot that is ready or being made; undefined where there is none. It is the caller's from then on. */
  async take(key: string): Promise<Slot | undefined> {
    const kind = this.#kinds.get(key);
    const slot = kind?.ready.shift() ?? (await this.#claim(kind));
    this.#options.told?.({ event: 'taken', hit: slot !== undefined });
    this.#tell();
    return slot;
  }

  /**
   * Notes that a rehearsal of a kind is under way, and so that more of it may come. What is returned is called at its end.
   */
  occupy(key: string, make: () => Promise<Slot>): () => void {
    const fresh: Kind<Slot> = {
      make,
      ready: [],
      claims: [],
      warming: 0,
      usedMs: 0,
      uses: 0,
      restsUntilMs: 0,
    };
    const kind = this.#kinds.get(key) ?? fresh;
    kind.usedMs = Date.now();
    kind.uses += 1;
    // The last one used stands last.
    this.#kinds.delete(key);
    this.#kinds.set(key, kind);
    this.#busy += 1;
    this.#tell();
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#busy -= 1;
      this.#fill();
      this.#tell();
    };
  }

  /** Makes none of a kind for a while: where one was no use, the next would be none either. */
  rest(key: string): void {
    const kind = this.#kinds.get(key);
    if (kind !== undefined) kind.restsUntilMs = Date.now() + REST_MS;
  }

  /** Forgets a slot that is none any more; whoever has taken it already is not concerned. */
  drop(slot: Slot): void {
    for (const { ready } of this.#kinds.values()) {
      const at = ready.indexOf(slot);
      if (at < 0) continue;
      ready.splice(at, 1);
      this.#leave(slot);
      this.#fill();
    }
    this.#tell();
  }

  /** Takes away a slot that was taken and came to nothing, in the background; again where that does not work. */
  discard(slot: Slot): void {
    this.#leave(slot);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#filling;
    await Promise.all(this.#leaving);
    const left = [...this.#kinds.values()].flatMap(({ ready }) => ready.splice(0));
    for (const slot of [...this.#stuck.splice(0), ...left]) this.#leave(slot);
    await Promise.all(this.#leaving);
  }

  async #claim(kind: Kind<Slot> | undefined): Promise<Slot | undefined> {
    if (kind === undefined || kind.warming <= kind.claims.length) return undefined;
    return await new Promise((resolve) => kind.claims.push(resolve));
  }

  /** Makes slots, one after another, while there is need and rest. */
  #fill(): void {
    if (this.#filling !== undefined || this.#closed) return;
    const filling = this.#fillAll().finally(() => {
      this.#filling = undefined;
    });
    this.#filling = filling;
  }

  async #fillAll(): Promise<void> {
    for (let kind = this.#next(); kind !== undefined; kind = this.#next()) {
      kind.warming += 1;
      this.#tell();
      let slot: Slot | undefined;
      try {
        slot = await kind.make();
      } catch (cause) {
        kind.restsUntilMs = Date.now() + REST_MS;
        this.#options.told?.({ event: 'fault', cause });
      }
      kind.warming -= 1;
      const claim = kind.claims.shift();
      if (claim !== undefined) claim(slot);
      else if (slot !== undefined) kind.ready.push(slot);
      this.#tell();
    }
  }

  /** The kind used last of those that want a slot. Room is made for it by what was used before it, if by anything. */
  #next(): Kind<Slot> | undefined {
    const { most, quietBelow } = this.#options;
    if (this.#closed || this.#busy >= quietBelow) return undefined;
    const now = Date.now();
    const kinds = [...this.#kinds.values()];
    const kind = kinds.findLast(
      (one) => one.ready.length < this.#wanted(one, now) && one.restsUntilMs <= now,
    );
    if (kind === undefined || this.#ready() < most) return kind;
    const slot = kinds
      .slice(0, kinds.indexOf(kind))
      .find(({ ready }) => ready.length > 0)
      ?.ready.shift();
    if (slot === undefined) return undefined;
    this.#leave(slot);
    return kind;
  }

  /** How many slots a kind is worth: what came once may never come again, and what did not come for long is worth none. */
  #wanted(kind: Kind<Slot>, now: number): number {
    const { perKey, idleMs } = this.#options;
    if (now - kind.usedMs < idleMs) return Math.min(perKey, kind.uses);
    return kind === [...this.#kinds.values()].at(-1) ? 1 : 0;
  }

  /** Lets go what was not used for long. */
  #tidy(): void {
    const now = Date.now();
    for (const [key, kind] of this.#kinds) {
      const wanted = this.#wanted(kind, now);
      for (const slot of kind.ready.splice(wanted)) this.#leave(slot);
      if (wanted === 0 && kind.warming === 0) this.#kinds.delete(key);
    }
    for (const slot of this.#stuck.splice(0)) this.#leave(slot);
    // One whose making failed may have rested by now.
    this.#fill();
    this.#tell();
  }

  #leave(slot: Slot): void {
    const leaving = this.#destroy(slot)
      .catch((cause: unknown) => {
        this.#stuck.push(slot);
        this.#options.told?.({ event: 'fault', cause });
      })
      .finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  #ready(): number {
    return this.#sum(({ ready }) => ready.length);
  }

  #sum(of: (kind: Kind<Slot>) => number): number {
    return [...this.#kinds.values()].reduce((sum, kind) => sum + of(kind), 0);
  }

  #tell(): void {
    const [warming, ready] = [this.#sum((kind) => kind.warming), this.#ready()];
    this.#options.told?.({ event: 'counts', warming, ready, busy: this.#busy });
  }
}
