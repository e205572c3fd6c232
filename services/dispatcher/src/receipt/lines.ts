import { canonicalJson } from '@drylane/proto/digest';
import type { SignedReceipt } from '@drylane/proto/receipt';
import { saysAllOnce } from './once.ts';

/** Receipts as a file: JSON Lines, one receipt on each. */
export function writeReceipts(receipts: readonly SignedReceipt[]): string {
  return receipts.map((receipt) => `${canonicalJson(receipt)}\n`).join('');
}

/**
 * What stands in a file of receipts: one, a list, or JSON Lines. Nothing is checked yet; what cannot be read, such as
 * a line that was cut off or that says something twice, is undefined in its place.
 */
export function readReceipts(file: string): readonly unknown[] {
  const whole = parse(file);
  // An empty list is no receipts, which is nothing that could hold.
  if (Array.isArray(whole) && whole.length === 0) return [undefined];
  if (whole !== undefined) return Array.isArray(whole) ? whole : [whole];
  const lines = file.split('\n').filter((line) => line.trim() !== '');
  const values = lines.map(parse);
  // Where no line can be read, it is one damaged document rather than many.
  return values.every((value) => value === undefined) ? [undefined] : values;
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return saysAllOnce(text) ? value : undefined;
  } catch {
    return undefined;
  }
}
