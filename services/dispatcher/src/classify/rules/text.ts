import type { Arg, Invocation } from '../model.ts';
import { readSed, type SedScript } from '../sed.ts';
import { all, any, asksOnly, flag, isPipedInto, not, operand, valuesOf } from './conditions.ts';
import type { Condition, Rule } from './rule.ts';

const inPlace: Condition = any(flag('-i', '--in-place'), ({ flags }) =>
  [...flags.keys()].some((f) => /^-[a-hj-zA-Z]*i[.~\w]*$/.test(f) && !f.startsWith('--')),
);

/** The scripts a command line holds: the values of its script flags, else the first operand. */
function scriptsOf(c: Invocation, flags: readonly string[]): readonly Arg[] {
  const given = valuesOf(c, flags);
  if (given.length > 0) return given;
  return c.flags.has('-f') || c.flags.has('--file') ? [] : c.operands.slice(0, 1);
}

const sedScript =
  (does: keyof SedScript): Condition =>
  (c) =>
    scriptsOf(c, ['-e', '--expression']).find((script) => readSed(script.text)[does]);

const awkProgram =
  (test: RegExp): Condition =>
  (c) =>
    scriptsOf(c, ['-e', '--source']).find(({ text }) => test.test(text));

export const TEXT: readonly Rule[] = [
  {
    id: 'sed-in-place',
    programs: 'sed gsed ssed',
    when: inPlace,
    dimension: 'write',
    points: 4,
    message: 'sed -i rewrites files in place',
    matches: [
      "sed -i 's/a/b/' x.html",
      "sed -i.bak 's/a/b/' x",
      "sed -ni '1p' x",
      "sed --in-place 's/a/b/' x",
    ],
    not_matches: ["sed 's/a/b/' x", "sed -n 's/-i/b/p' x"],
  },
  {
    id: 'sed-runs-commands',
    programs: 'sed gsed ssed',
    when: sedScript('executes'),
    dimension: 'write',
    points: 7,
    message: 'the sed script runs shell commands',
    opaque: true,
    matches: ["sed '1e id' x", "sed 's/a/id/e' x", "sed -n '/x/e' y"],
    not_matches: ["sed 's/e/x/' y", "sed -n '/e /p' y", "sed '/e/d; s/we/e/g' y"],
  },
  {
    id: 'sed-writes-files',
    programs: 'sed gsed ssed',
    when: sedScript('writes'),
    dimension: 'write',
    points: 4,
    message: 'the sed script writes into files',
    matches: ["sed 'w out.txt' x", "sed 's/a/b/w out.txt' x"],
    not_matches: ["sed 's/w/x/' y", "sed '/w /d' y"],
  },
  {
    id: 'script-from-file',
    programs: 'sed gsed awk gawk mawk nawk',
    when: flag('-f', '--file'),
    dimension: 'write',
    points: 2,
    message: 'its script is in a file that is not read here',
    opaque: true,
    matches: ['awk -f a.awk x', 'sed -f a.sed x'],
    not_matches: ["awk '{print}' x"],
  },
  {
    id: 'awk-runs-commands',
    programs: 'awk gawk mawk nawk',
    when: awkProgram(/\bsystem\s*\(|\|&?\s*(getline|["'a-z(])|"\s*\|\s*getline|@load|@[a-z_]\w*\s*\(/),
    dimension: 'write',
    points: 6,
    message: 'the awk program runs shell commands',
    opaque: true,
    matches: [`awk 'BEGIN{system("id")}'`, `awk '{print | "sh"}' x`, `awk 'BEGIN{"id" | getline x}'`],
    not_matches: ["awk '{print $1}' x", `awk '$1 == "system" || $2' x`],
  },
  {
    id: 'awk-writes-files',
    programs: 'awk gawk mawk nawk',
    when: any(awkProgram(/\b(print|printf)\b(?:(?!\bprintf?\b)[^;}\n])*[^>=]>>?\s*["$a-z(]/), flag('-i')),
    dimension: 'write',
    points: 4,
    message: 'the awk program writes into files',
    matches: [`awk '{print > "out.txt"}' x`, `awk '{print $1 >> $2}' x`, "gawk -i inplace '{print}' x"],
    not_matches: ["awk '$1 > 3 {print}' x", "awk '{print $1}' x"],
  },
  {
    id: 'sorts-into-file',
    programs: 'sort yq jq xmllint iconv column uniq shuf',
    when: flag('-o', '--output', '-i', '--inplace'),
    dimension: 'write',
    points: 3,
    message: 'writes its result into a file',
    matches: ['sort -o a a', 'yq -i .a=1 x.yml', 'sort a -o b'],
    not_matches: ['sort a', 'jq . a'],
  },
  {
    id: 'turns-text-into-bytes',
    programs: 'xxd',
    when: all(flag('-r', '-revert'), (c) => c.operands.length > 1),
    dimension: 'write',
    points: 4,
    message: 'writes a file of bytes that nobody can read in the text',
    matches: ['xxd -r a b', 'xxd -r -p a.hex b'],
    not_matches: ['xxd a', 'xxd -r a'],
  },
  {
    id: 'edits-files',
    programs:
      'ed ex vi vim nvim view rvim nano pico emacs micro joe mcedit kak hx patch dos2unix unix2dos fromdos todos recode mac2unix ee sudoedit visudo vipw',
    when: any(
      all(operand(/./), not(asksOnly)),
      flag('-w -i --write --fix -p'),
      all((c) => c.program === 'ed', isPipedInto),
    ),
    dimension: 'write',
    points: 4,
    message: 'edits files',
    matches: ['vim a.txt', 'patch -p1 a', 'dos2unix a'],
    not_matches: ['vim --version'],
  },
  {
    id: 'formats-code',
    programs:
      'perltidy gofmt goimports clang-format prettier eslint stylelint black isort ruff rustfmt autopep8 yapf shfmt biome standard swiftformat ktlint rubocop markdownlint markdownlint-cli2 typos codespell oxlint xo dprint taplo sqlfluff buildifier stylua elm-format ormolu fourmolu zprint cljfmt scalafmt detekt gofumpt golines terraform-docs tidy-html5 djlint curlylint blacken-docs docformatter pyupgrade autoflake flynt refurb ssort doc8 restructuredtext-lint',
    when: not(asksOnly),
    dimension: 'write',
    points: 3,
    message: 'checks or rewrites source files, by the project’s own settings',
    matches: ['prettier --check .', 'black src'],
    not_matches: ['eslint --version'],
  },
];
