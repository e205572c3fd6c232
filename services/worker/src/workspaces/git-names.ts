import type { DrylaneError } from '@drylane/proto/errors';
import { refused } from './refuse.ts';

/** The repositories that an operator allows. */
export interface GitSources {
  /** Reached by https: `host`, `host:port`, or `*.domain` for every name below it. */
  readonly hosts: readonly string[];
  /** Directories of this machine below which `file:` URLs may lead. For tests; a fleet has none. */
  readonly directories: readonly string[];
}

/** A repository that is allowed, in the one way in which it is written from here on. */
export interface GitSource {
  readonly url: string;
  readonly scheme: 'https' | 'file';
}

const MOST_CHARACTERS = 2000;
const SCHEME = /^(https|file):\/\//;

/**
 * Reads the URL of a repository that somebody asks for.
 * @throws DrylaneError `bad-input` for what is not allowed, or would be anything but a plain place to fetch from: other schemes
 * and helpers (`ext::`), names and passwords, options, queries.
 */
export function readGitUrl(text: string, allowed: GitSources): GitSource {
  const [, scheme] = SCHEME.exec(text) ?? [];
  if (scheme === undefined || text.length > MOST_CHARACTERS || !/^[!-~]+$/.test(text))
    throw refuse(text, 'is no https URL of a repository', 'write it as https://host/path');
  const url = parse(text);
  if (url.username !== '' || url.password !== '' || url.href.includes('@'))
    throw refuse(url.host, 'holds a user or a password', 'leave them out: credentials never come with a run');
  if (url.search !== '' || url.hash !== '' || /%|\\|\/\.\.?(\/|$)/.test(text))
    throw refuse(text, 'holds a query, a fragment, an escape or a . part', 'write the plain path');
  if (scheme === 'file') return readFileUrl(url, allowed);
  const host = `${url.hostname}:${url.port || '443'}`;
  if (!allowed.hosts.some((pattern) => isNamed(pattern.toLowerCase(), host)))
    throw refuse(url.host, 'is not a host that repositories may come from', 'ask the operator to allow it');
  return { url: url.href, scheme: 'https' };
}

function parse(text: string): URL {
  try {
    return new URL(text);
  } catch (cause) {
    throw refused('workspace.git.url', 'is no URL', 'write it as https://host/path', cause);
  }
}

function readFileUrl(url: URL, { directories }: GitSources): GitSource {
  const isAllowed = directories.some((directory) =>
    url.pathname.startsWith(`${directory.replace(/\/$/, '')}/`),
  );
  if (url.host !== '' || !isAllowed)
    throw refuse(url.pathname, 'is a directory of this machine', 'name a repository by https');
  return { url: url.href, scheme: 'file' };
}

/** Whether a pattern means a host with its port; without a port it means that of https. */
function isNamed(pattern: string, host: string): boolean {
  const full = /:\d+$/.test(pattern) ? pattern : `${pattern}:443`;
  if (!full.startsWith('*.')) return host === full;
  return host.endsWith(full.slice(1)) && host.length > full.length - 1;
}

/** What somebody asks for by a ref: a commit itself, or the names that it may have, of which one has to be there. */
export type GitRef =
  | { readonly commit: string }
  | { readonly names: readonly [string, ...(readonly string[])] };

const COMMIT = /^[0-9a-f]{40}$/;
const BRANCH_OR_TAG = /^refs\/(heads|tags)\//;
/** What git-check-ref-format(1) refuses, and what would be taken for an option. */
const NO_REF = /^-|[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|^@$|\/\/|^\/|[/.]$|(^|\/)\.|\.lock(\/|$)/;

/**
 * Reads the ref that somebody asks for: a branch, a tag, either of them from `refs/`, or all 40 digits of a commit.
 * @throws DrylaneError `bad-input` for what git would take for something else.
 */
export function readGitRef(text: string): GitRef {
  if (COMMIT.test(text)) return { commit: text };
  if (text.length > 300 || text === '' || NO_REF.test(text) || !text.isWellFormed())
    throw refusedRef(text, 'is no name of a branch or a tag');
  if (BRANCH_OR_TAG.test(text)) return { names: [text] };
  if (text.startsWith('refs/') || text === 'HEAD' || text === 'FETCH_HEAD')
    throw refusedRef(text, 'is neither a branch nor a tag');
  return { names: [`refs/heads/${text}`, `refs/tags/${text}`] };
}

const refuse = (what: string, message: string, mend: string): DrylaneError =>
  refused('workspace.git.url', `${JSON.stringify(what.slice(0, 100))} ${message}`, mend);

const refusedRef = (ref: string, message: string): DrylaneError =>
  refused(
    'workspace.git.ref',
    `${JSON.stringify(ref.slice(0, 100))} ${message}`,
    'name a branch, a tag, or all 40 digits of a commit',
  );
