/**
 * A quick look at what stands at a keyword, before the rule's pattern is tried: 0 when that is worth the effort, else
 * the effort of the look. It refuses only what the pattern or the check would.
 */
export type Glance = (text: string, keyword: number) => number;

/** What a rule's check is told about a text that its pattern took. */
export interface Found {
  readonly secret: string;
  /** Up to 64 characters before the match. */
  readonly before: string;
  /** From where the match starts to where the secret starts. */
  readonly lead: string;
  /** Up to 8 characters after the secret. */
  readonly after: string;
  readonly groups: Readonly<Record<string, string | undefined>>;
}

/**
 * One kind of secret, as data. The keywords make it cheap: the pattern is tried only where one of them
 * stands, and sees no more than `reach` bytes from there, so that time and memory are bounded.
 */
export interface Rule {
  /** What stands in the place of the secret: `[redacted:kind]`. */
  readonly kind: string;
  /** Literals, in any case; every text that the pattern takes has one of them, `back` bytes after its start. */
  readonly keywords: readonly string[];
  /** Bytes that the pattern starts before the keyword; 0 if left out. */
  readonly back?: number;
  /**
   * Without look-around and back-reference, so that RE2 takes it as well. The group `secret` goes if there is
   * one, else the whole match. Flags other than `i` have no meaning.
   */
  readonly pattern: RegExp;
  /** Of what `secret` took, only the group `secret` of each match of this goes. */
  readonly each?: RegExp;
  /** Bytes from the keyword that the pattern may see; 512 if left out. */
  readonly reach?: number;
  /** Whether the secret goes on for as long as base64, URL-safe or not, and dots do, however long. */
  readonly runs?: true;
  /** What may stand on either side: nothing that continues a word (left out), or, for `inside`, anything. */
  readonly edges?: 'word' | 'inside';
  /** The least entropy of the secret, in bits a character; 0 if left out. */
  readonly entropy?: number;
  /** Makes a quick look that saves the pattern most of its work. */
  readonly glance?: () => Glance;
  /** How far in a line the pattern may look before it gives up, where that is further than some ten bytes. */
  readonly strays?: number;
  /** Has the last word. */
  readonly check?: (found: Found) => boolean;
  /** Templates of texts that hold such a secret, and of texts that only look so; see `samples.ts`. */
  readonly matches: readonly string[];
  readonly not_matches: readonly string[];
}

export const DEFAULT_REACH = 512;

/** The most bytes that a rule may go back from its keyword. */
export const MAX_BACK = 48;
