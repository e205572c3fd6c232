import { DrylaneError } from './errors.ts';

/** A repository as somebody names it, in the one way in which it is written from here on. Whether it is allowed is another matter. */
export interface GitUrl {
  readonly url: string;
  readonly scheme: 'https' | 'file';
  /** The host and its port, `host:443`; empty for a directory. */
  readonly host: string;
  readonly path: string;
}

const MOST_CHARACTERS = 2000;
const SCHEME = /^(https|file):\/\//;

/**
 * Reads the URL of a repository that somebody asks for.
 * @throws DrylaneError `bad-input` for what would be anything but a plain place to fetch from: other schemes and helpers
 * (`ext::`), names and passwords, options, queries.
 */
export function readGitUrl(text: string): GitUrl {
  const [, scheme] = SCHEME.exec(text) ?? [];
  if (scheme === undefined || text.length > MOST_CHARACTERS || !/^[!-~]+$/.test(text))
    throw refusedUrl('is no https URL of a repository', 'write it as https://host/path');
  const url = parse(text);
  if (url.username !== '' || url.password !== '' || url.href.includes('@'))
    throw refusedUrl('holds a user or a password', 'leave them out: credentials never come with a run');
  if (url.search !== '' || url.hash !== '' || /%|\\|\/\.\.?(\/|$)/.test(text))
    throw refusedUrl('holds a query, a fragment, an escape or a . part', 'write the plain path');
  const { href, pathname: path } = url;
  if (scheme === 'https') return { url: href, scheme, host: `${url.hostname}:${url.port || '443'}`, path };
  if (url.host !== '') throw refusedUrl('names a directory of another machine', 'name a repository by https');
  return { url: href, scheme: 'file', host: '', path };
}

function parse(text: string): URL {
  try {
    return new URL(text);
  } catch (cause) {
    throw refusedUrl('is no URL', 'write it as https://host/path', cause);
  }
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

/** A URL is not said again, for it may hold a password. */
const refusedUrl = (message: string, mend: string, cause?: unknown): DrylaneError =>
  new DrylaneError('bad-input', { field: 'workspace.git.url', message, mend }, { cause });

const refusedRef = (ref: string, message: string): DrylaneError =>
  new DrylaneError('bad-input', {
    field: 'workspace.git.ref',
    message: `${JSON.stringify(ref.slice(0, 100))} ${message}`,
    mend: 'name a branch, a tag, or all 40 digits of a commit',
  });
