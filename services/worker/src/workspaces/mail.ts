import { refused } from './refuse.ts';

/** Who made a patch, when, and what it is called. */
export interface PatchHead {
  readonly author: { readonly name: string; readonly email: string };
  readonly date: Date;
  /** One line; git drops `[words]` and `Re:` at its beginning. */
  readonly subject: string;
  /** What stands below the message, by name; of no run but ours, so that nobody's words are in there. */
  readonly trailers: Readonly<Record<string, string>>;
}

/** How a mail from `git format-patch` begins: by this time, mailers tell that it is a patch. */
const ENVELOPE = `From ${'0'.repeat(40)} Mon Sep 17 00:00:00 2001`;
const MOST_CHARACTERS = 500;

/** The head of a mail that `git am` takes, up to the line that ends the message. @throws DrylaneError `bad-input` for what would be another header. */
export function mailHead({ author, date, subject, trailers }: PatchHead): string {
  for (const [field, text] of Object.entries({ name: author.name, subject }))
    if (
      /[\x00-\x1f\x7f]/.test(text) ||
      text.trim() === '' ||
      text.length > MOST_CHARACTERS ||
      !text.isWellFormed()
    )
      throw refused(field, 'is not one line of text', 'write it on one line');
  if (/["\\<>@]/.test(author.name))
    throw refused('author', 'holds a quote, a backslash, a bracket or an @', 'leave it out: git would');
  // Git takes the address for the name otherwise (mailinfo).
  const bytes = Buffer.byteLength(author.name);
  if (bytes < 3 || bytes > 60) throw refused('author', 'has not 3 to 60 bytes', 'write another name');
  if (!/^[!-;=?-~]{1,200}$/.test(author.email) || Number.isNaN(date.getTime()))
    throw refused('author', 'has no e-mail address, or no date', 'write it as name@host');
  for (const [name, text] of Object.entries(trailers))
    if (!/^[A-Z][A-Za-z]*(-[A-Za-z]+)+$/.test(name) || !/^[!-~]{1,300}$/.test(text))
      throw refused('trailers', 'are not names and words', 'write each on one line, without a space');
  return [
    ENVELOPE,
    `From: ${encodedWords(author.name)} <${author.email}>`,
    `Date: ${date.toUTCString().replace('GMT', '+0000')}`,
    `Subject: [PATCH] ${encodedWords(subject)}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=UTF-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    ...Object.entries(trailers).map(([name, text]) => `${name}: ${text}`),
    '',
  ].join('\n');
}

/** Bytes in one encoded word, which has 75 characters at most (RFC 2047, section 2). */
const WORD_BYTES = 45;

/** Text for a header: as it is where it is plain, else as encoded words, which hold whole characters. */
function encodedWords(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9 /'_.-]{0,58}$/.test(text) && !text.endsWith(' ')) return text;
  const words: string[] = [''];
  for (const character of text) {
    const word = `${words.at(-1)}${character}`;
    if (Buffer.byteLength(word) > WORD_BYTES) words.push(character);
    else words[words.length - 1] = word;
  }
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join('\n ');
}
