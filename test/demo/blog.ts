import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const REWRITE = `import re, sys

# Lower-case the keys of each post's front matter; the body stays as it is.
for path in sys.argv[1:]:
    text = open(path).read()
    head, body = re.match(r'(---\\n.*?\\n---\\n)(.*)', text, re.S).groups()
    head = re.sub(r'^(\\w+):', lambda key: key.group(0).lower(), head, flags=re.M)
    open(path, 'w').write(head + body)
`;

const BUG = `
# "Keep the index fresh", somebody thought.
index = open('blog/index.html').read()
open('blog/index.html', 'w').write(index.replace('Hello', 'hello'))
`;

const post = (title: string, body: string): string =>
  `---\nTitle: ${title}\nDate: 2026-11-01\nTags: notes\n---\n${body}\n`;

const FILES: Readonly<Record<string, string>> = {
  'blog/hello.md': post('Hello', 'The first post.'),
  'blog/lanes.md': post('Lanes', 'A lane for every command.'),
  'blog/receipts.md': post('Receipts', 'Keep them.'),
  'blog/index.html': '<h1>Hello</h1>\n<ul><li>Hello</li><li>Lanes</li></ul>\n',
  'drafts/idea.md': post('An idea', 'Not yet.'),
  'drafts/second.md': post('Another', 'Later.'),
  'scripts/rewrite_frontmatter.py': REWRITE,
  'scripts/rewrite_frontmatter_v2.py': REWRITE + BUG,
};

/** Makes a small git repository of blog posts, with one script that behaves and one that has a bug. */
export async function makeBlog(directory: string): Promise<void> {
  for (const [path, content] of Object.entries(FILES)) {
    const whole = join(directory, path);
    await mkdir(dirname(whole), { recursive: true });
    await writeFile(whole, content);
  }
  const git = gitIn(directory);
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('-c', 'user.name=Demo', '-c', 'user.email=demo@example.com', 'commit', '--quiet', '-m', 'the blog');
}

/** Takes back what was changed in it since. */
export function restoreBlog(directory: string): void {
  gitIn(directory)('checkout', '--quiet', '.');
}

const gitIn =
  (cwd: string) =>
  (...args: string[]) =>
    execFileSync('git', args, { cwd, stdio: 'ignore' });
