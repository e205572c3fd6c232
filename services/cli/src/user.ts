import { userInfo } from 'node:os';

/** Who this process runs as: by name or, where the system has none for it, by number. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
