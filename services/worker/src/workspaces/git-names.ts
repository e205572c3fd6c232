import type { DrylaneError } from '@drylane/proto/errors';
import { type GitUrl, readGitUrl } from '@drylane/proto/git';
import { refused } from './refuse.ts';

/** The repositories that an operator allows. */
export interface GitSources {
  /** Reached by https: `host`, `host:port`, or `*.domain` for every name below it. */
  readonly hosts: readonly string[];
  /** Directories of this machine below which `file:` URLs may lead. For tests; a fleet has none. */
  readonly directories: readonly string[];
}

/** A repository that is allowed. */
export type GitSource = Pick<GitUrl, 'url' | 'scheme'>;

/** Reads the URL of a repository that somebody asks for. @throws DrylaneError `bad-input` for what is malformed, or not allowed. */
export function allowedSource(text: string, { hosts, directories }: GitSources): GitSource {
  const { url, scheme, host, path } = readGitUrl(text);
  if (scheme === 'file') {
    if (!directories.some((directory) => path.startsWith(`${directory.replace(/\/$/, '')}/`)))
      throw refuse(path, 'is a directory of this machine', 'name a repository by https');
  } else if (!hosts.some((pattern) => isNamed(pattern.toLowerCase(), host)))
    throw refuse(host, 'is not a host that repositories may come from', 'ask the operator to allow it');
  return { url, scheme };
}

/** Whether a pattern means a host with its port; without a port it means that of https. */
function isNamed(pattern: string, host: string): boolean {
  const full = /:\d+$/.test(pattern) ? pattern : `${pattern}:443`;
  if (!full.startsWith('*.')) return host === full;
  return host.endsWith(full.slice(1)) && host.length > full.length - 1;
}

const refuse = (what: string, message: string, mend: string): DrylaneError =>
  refused('workspace.git.url', `${JSON.stringify(what.slice(0, 100))} ${message}`, mend);
