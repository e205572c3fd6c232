/**
 * Whether every host and port that `asked` could mean is also meant by `allowed`, both as an intent writes
 * them. `*.domain` is every name below the domain and not the domain itself; without a port, every port. A socket
 * is covered by itself alone.
 */
export function coversHost(allowed: string, asked: string): boolean {
  if (allowed.startsWith('unix:') || asked.startsWith('unix:')) return allowed === asked;
  const wide = parts(allowed);
  const narrow = parts(asked);
  if (wide.port !== undefined && wide.port !== narrow.port) return false;
  if (wide.below) return narrow.name.endsWith(`.${wide.name}`) || (narrow.below && narrow.name === wide.name);
  return !narrow.below && narrow.name === wide.name;
}

function parts(pattern: string): { readonly below: boolean; readonly name: string; readonly port?: number } {
  const below = pattern.startsWith('*.');
  const [name = '', port] = pattern.slice(below ? 2 : 0).split(':');
  return { below, name: name.toLowerCase(), ...(port === undefined ? {} : { port: Number(port) }) };
}
