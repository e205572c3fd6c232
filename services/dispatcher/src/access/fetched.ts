const TIMEOUT_MS = 5000;
const MAX_BYTES = 256 * 1024;

/** Fetches a JSON document from an issuer: no redirect, at most 256 KiB as they are unpacked, and within 5 s in all. */
export async function fetchJson(address: string): Promise<unknown> {
  const response = await fetch(address, {
    // Where it leads to was not checked, and need not be https.
    redirect: 'error',
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const { body, status } = response;
  if (status !== 200 || body === null) {
    await body?.cancel();
    throw new Error(`${address} answered with status ${status}`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    // Leaving the loop ends the connection.
    if (length > MAX_BYTES) throw new Error(`${address} answered with more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
