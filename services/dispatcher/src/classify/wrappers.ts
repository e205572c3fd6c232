/** How a program that starts another one is taken off. */
export interface Wrapper {
  /** Its options that take the next word as value. */
  readonly values?: string;
  /** Operands of its own before the command: 1 for `timeout 5 ls`. */
  readonly skip?: number;
  /** `NAME=value` may stand before the command. */
  readonly assigns?: boolean;
  /** The command may also be one word that a shell reads. */
  readonly text?: boolean;
  /** More operands are appended from standard input. */
  readonly feeds?: boolean;
}

/** Programs whose operands are another command. A new one is one line here. */
export const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  sudo: { values: '-u -g -h -p -C -r -t -T -U -D -R --user --group --host --chdir --prompt', assigns: true },
  doas: { values: '-u -C -a' },
  pkexec: { values: '--user' },
  env: { values: '-u --unset -C --chdir', assigns: true },
  timeout: { values: '-s --signal -k --kill-after', skip: 1 },
  gtimeout: { values: '-s --signal -k --kill-after', skip: 1 },
  nohup: {},
  nice: { values: '-n --adjustment' },
  ionice: { values: '-c -n -p -P -u --class --classdata' },
  chrt: { skip: 1, values: '-T -P -D' },
  taskset: { skip: 1 },
  setsid: {},
  prlimit: { values: '-p --pid -o --output' },
  setarch: { skip: 1 },
  stdbuf: { values: '-i -o -e --input --output --error' },
  unbuffer: {},
  time: { values: '-f --format -o --output' },
  command: {},
  builtin: {},
  exec: { values: '-a' },
  noglob: {},
  nocorrect: {},
  xargs: {
    values:
      '-a --arg-file -d --delimiter -E -I -J -L -n -P -s --max-args --max-procs --max-lines --replace --process-slot-var',
    feeds: true,
  },
  parallel: {
    values:
      '-j --jobs -a --arg-file -S --sshlogin -N -n -L -d --delimiter -C --colsep --joblog --results --delay --timeout',
    feeds: true,
    text: true,
  },
  watch: { values: '-n --interval', text: true },
  entr: { feeds: true, text: true },
  chroot: { values: '--userspec --groups', skip: 1 },
  unshare: { values: '-S -G --setuid --setgid --root --wd' },
  nsenter: { values: '-t --target -S -G' },
  strace: { values: '-o -e -p -s -u -E -P -a -b -O -S -X' },
  ltrace: { values: '-o -e -p -s -u -a -l -n -A -D -F -w' },
  flock: { values: '-w --timeout -E --conflict-exit-code', skip: 1 },
  busybox: {},
  toybox: {},
  fakeroot: { values: '-l -s -i' },
  firejail: {},
  proot: { values: '-r -b -w -q' },
  'dbus-run-session': {},
  'xvfb-run': { values: '-e -f -n -p -s -w' },
  'systemd-run': {
    values:
      '-u --unit -p --property -E --setenv -M --machine -H --host --uid --gid --on-calendar --on-active --slice',
  },
  'systemd-inhibit': {},
  caffeinate: { values: '-t -w' },
  catchsegv: {},
  torsocks: {},
  torify: {},
  proxychains: { values: '-f' },
  proxychains4: { values: '-f' },
  sshpass: { values: '-p -f -d -P' },
  sem: { values: '-j --jobs --id', feeds: true },
  chronic: {},
  ifne: {},
  setpriv: { values: '--reuid --regid --groups --inh-caps --bounding-set' },
  rlwrap: {},
  valgrind: {},
  hyperfine: { values: '-w -r -m -M --warmup --runs --export-json --export-markdown', text: true },
  winpty: {},
  'ssh-agent': { values: '-a -E -O -P -t' },
  screen: { values: '-S -t -c -e -h -p -r -R -s -T -x -Logfile' },
  logsave: { values: '-f', skip: 1 },
  multitime: { values: '-n -f -s -r -I -i -o' },
  cgexec: { values: '-g' },
  runcon: { values: '-t -u -r -l' },
  'aa-exec': { values: '-p -n' },
  choom: { values: '-n -p' },
  uclampset: { values: '-m -M -p' },
  memusage: { values: '-n -p -o' },
  heaptrack: {},
  linux32: {},
  linux64: {},
  tini: { values: '-p -e' },
  'dumb-init': {},
  gosu: { skip: 1 },
  'su-exec': { skip: 1 },
  setuidgid: { skip: 1 },
  envdir: { skip: 1 },
  softlimit: { values: '-m -d -s -l -a -o -p -f -c -r -t' },
  faketime: { skip: 1 },
  'systemd-cat': { values: '-t -p --identifier --priority' },
  trickle: { values: '-d -u -w -t -l' },
  cpulimit: { values: '-l -p -e --limit' },
  eatmydata: {},
};

/** Shells: what they are given as text is read as commands. */
export const SHELLS: ReadonlySet<string> = new Set(
  'bash sh dash zsh ksh ksh93 mksh ash rbash csh tcsh fish elvish xonsh nu posh yash pwsh'.split(' '),
);
