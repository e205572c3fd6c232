/** The same bytes in other parts, cut at any places, in memory that is used again for each. */
export async function* inParts(
  bytes: Uint8Array,
  cuts: readonly number[],
): AsyncGenerator<Uint8Array, void, void> {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  const part = new Uint8Array(bytes.length);
  let at = 0;
  for (const end of ends) {
    part.set(bytes.subarray(at, end));
    yield part.subarray(0, end - at);
    // Whoever makes a stream may use the memory of a part again for the next.
    part.fill(0x2a);
    at = end;
  }
}

/** All parts together. */
export async function joined(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}
