import { z } from 'zod';

// A name of a header, and a value without what would end it or the line.
const MEMBER = /^\s*([A-Za-z0-9!#$&'*+.^_`|~-]+)\s*=([\x20-\x2b\x2d-\x7e]*)$/;

/** Headers as a variable holds them, `name=value,name=value`; values may be written with `%` as in an address. */
export const Headers = z.string().refine((text) => membersOf(text).every((member) => member !== undefined), {
  error: 'must be name=value pairs with commas between them, and other characters written as %2C',
});

/** What such a text says, without what is no pair. */
export function headersIn(text: string | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(membersOf(text ?? '').filter((member) => member !== undefined));
}

function membersOf(text: string): readonly (readonly [string, string] | undefined)[] {
  return text
    .split(',')
    .filter((member) => member.trim() !== '')
    .map((member) => {
      const [, name, written] = MEMBER.exec(member) ?? [];
      const value = written === undefined ? undefined : decoded(written.trim());
      return name === undefined || value === undefined || !LINE.test(value) ? undefined : [name, value];
    });
}

const LINE = /^[\x20-\x7e]*$/;

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
