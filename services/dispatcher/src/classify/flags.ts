import type { Arg } from './model.ts';

/** Flags and operands of a command line. */
export interface Flags {
  readonly flags: ReadonlyMap<string, Arg | null>;
  readonly operands: readonly Arg[];
}

/** Programs whose long options have one dash, so that letters behind a dash are no cluster. */
const SINGLE_DASH_LONG = new Set(
  'find java javac openssl terraform tofu ffmpeg ffprobe convert magick mogrify identify go gcc g++ clang clang++ ld xrandr nmcli dd busctl ip 7z 7za 7zr 7zz rar unrar vault consul nomad packer exiftool xmodmap xterm pdflatex latex xelatex lualatex sqlite3 kotlinc scala qemu-img qemu-system-x86_64 liquibase flyway keytool hping3 rdfind'.split(
    ' ',
  ),
);

/** Options whose value is the next word; needed to tell operands, such as subcommands, from values. */
const VALUED: Readonly<Record<string, string>> = {
  terraform: '-var -var-file -out -target -state -chdir -lock-timeout -parallelism',
  mount: '-t -o -L -U -T --types --options --source --target',
  find: '-name -iname -path -ipath -wholename -iwholename -regex -iregex -lname -type -size -perm -user -group -newer -printf -mtime -mmin -atime -ctime -maxdepth -mindepth -fprint -fprintf -fprint0 -fls',
  git: '-C -c --git-dir --work-tree --namespace --exec-path -m --message -b -B -F --author --date -n --max-count',
  docker:
    '-H --host -c --context --config -l --log-level -f --file --filter --format -t --tag -v --volume -e --env --name -p --publish -w --workdir -u --user --network --mount --entrypoint',
  kubectl:
    '-n --namespace --context --kubeconfig --cluster --user -s --server -o --output -l --selector -f --filename -c --container --token --as --image --restart',
  helm: '-n --namespace --kube-context --kubeconfig -f --values --set --version',
  aws: '--profile --region --output --query --endpoint-url --ca-bundle --color',
  gcloud: '--project --account --configuration --format --region --zone',
  az: '-g --resource-group -n --name -o --output --subscription --query',
  gh: '-R --repo -X --method -H --header -f -F --field --jq --json -q --hostname -L --limit',
  systemctl: '-H --host -M --machine -t --type -p --property -n --lines -o --output',
  npm: '--prefix -w --workspace --registry --loglevel --userconfig',
  pip: '-r --requirement -c --constraint -i --index-url --extra-index-url -t --target --proxy --prefix',
  yum: '-c --config --installroot --releasever --repo --repoid --enablerepo --disablerepo --exclude -x',
  apt: '-o -c -t --target-release',
  cargo: '--manifest-path -p --package --target-dir --features --bin --example',
  curl: '-X --request -d --data --data-raw --data-binary --data-urlencode --json -H --header -o --output -F --form -T --upload-file -u --user -A --user-agent -e --referer -b --cookie -c --cookie-jar -m --max-time -x --proxy -K --config -w --write-out --retry --connect-timeout --url -E --cert --key --cacert -r --range --resolve --interface -D --dump-header',
  wget: '-O --output-document -P --directory-prefix -o --output-file -a -U --user-agent --header --post-data --post-file --method --body-data --body-file -T --timeout -t --tries -i --input-file -e --execute -Q -w -l -A -R -D --user --password',
  tar: '-f --file -C --directory -X -T --exclude --transform -I --use-compress-program --checkpoint-action --checkpoint --to-command --owner --group --mode -b',
  grep: '-e --regexp -f --file -m --max-count -A -B -C --include --exclude --exclude-dir --color -d',
  sed: '-e --expression -f --file -l --line-length',
  awk: '-F --field-separator -v --assign -f --file -i --include -e --source -l --load',
  cp: '-t --target-directory -S --suffix',
  install: '-m --mode -o --owner -g --group -t --target-directory -S',
  touch: '-t -d --date -r --reference',
  truncate: '-s --size -r --reference',
  split: '-l -b -n -a -C --lines --bytes --number --suffix-length --additional-suffix --filter',
  mkdir: '-m --mode -Z',
  sort: '-o --output -k --key -t --field-separator -S --buffer-size -T --temporary-directory --files0-from --compress-program',
  shred: '-n --iterations -s --size --random-source',
  psql: '-c --command -d --dbname -h --host -U --username -p --port -f --file -o --output -v',
  mysql: '-e --execute -h --host -u --user -P --port -D --database',
  sqlite3: '-cmd -separator -init',
  watch: '-n --interval',
  parallel: '-j --jobs -a --arg-file -S --sshlogin -N -n -L -d --delimiter -C --colsep --joblog --results',
  ssh: '-p -i -l -o -F -L -R -D -J -b -c -E -e -I -m -O -Q -S -W -w',
  scp: '-P -i -o -F -c -J -l -S',
  rsync:
    '-e --rsh --exclude --include --filter -f --files-from --log-file --rsync-path --password-file --port --bwlimit',
  python: '-c -m -W -X -Q',
  perl: '-e -E -I -M -m -0',
  ruby: '-e -I -r',
  node: '-e --eval -p --print -r --require --import --loader -C',
  php: '-r -f -d -c -z -B -R -E',
  bash: '-c -o -O +o +O --rcfile --init-file',
  su: '-c --command -s --shell -g --group -G',
  make: '-C --directory -f --file -j -I -o -W',
  crontab: '-u',
  useradd: '-c -d -e -f -g -G -k -p -s -u --shell --groups --home-dir --password --uid --gid',
  usermod: '-c -d -e -f -g -G -l -p -s -u --shell --groups --home --password --login',
  nc: '-e -c -p -s -w -i -q -x -X -G --exec --sh-exec',
  date: '-d --date -s --set -r --reference -f --file',
  tail: '-n -c --lines --bytes --pid -s',
  chmod: '--reference',
  dotnet: '-c -o -f -r',
  ansible:
    '-i --inventory -m --module-name -a --args -u --user -e --extra-vars -l --limit -f --forks -t --tree -c -T -M -P -B --private-key',
  salt: '-L -E -G -C -N -b -t --timeout --out -c',
  'redis-cli': '-h -p -s -a -u -r -i -n --user --pass --pattern --eval',
  xterm: '-T -geometry -fa -fs -fn -bg -fg -title',
  tmux: '-S -L -f -c -s -n -t -x -y -F -e',
  unzip: '-d -P -x -O -I',
  hg: '--config -R --repository --cwd --encoding',
  svn: '--config-option --config-dir --username --password -r --revision -l --limit -m --message --diff-cmd --diff3-cmd --editor-cmd',
  vault: '-address -namespace -format -field',
};

const SAME: Readonly<Record<string, string>> = {
  podman: 'docker',
  nerdctl: 'docker',
  oc: 'kubectl',
  gawk: 'awk',
  mawk: 'awk',
  nawk: 'awk',
  gsed: 'sed',
  mv: 'cp',
  ln: 'cp',
  egrep: 'grep',
  fgrep: 'grep',
  rg: 'grep',
  gtar: 'tar',
  bsdtar: 'tar',
  python2: 'python',
  python3: 'python',
  pypy3: 'python',
  nodejs: 'node',
  sh: 'bash',
  dash: 'bash',
  zsh: 'bash',
  ksh: 'bash',
  pip3: 'pip',
  pnpm: 'npm',
  yarn: 'npm',
  'apt-get': 'apt',
  dnf: 'yum',
  ncat: 'nc',
  netcat: 'nc',
  mariadb: 'mysql',
  head: 'tail',
  runuser: 'su',
  'ansible-playbook': 'ansible',
  'valkey-cli': 'redis-cli',
  'keydb-cli': 'redis-cli',
  tofu: 'terraform',
  umount: 'mount',
  chown: 'chmod',
  chgrp: 'chmod',
};

const SETS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(VALUED).map(([program, flags]) => [program, new Set(flags.split(' '))]),
);

/** Splits arguments into flags and operands, as the program's own options say; `--` ends the flags. */
export function readFlags(program: string, args: readonly Arg[]): Flags {
  const valued = SETS.get(Object.hasOwn(SAME, program) ? (SAME[program] ?? '') : program) ?? NONE;
  const flags = new Map<string, Arg | null>();
  const operands: Arg[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === undefined) break;
    const { text } = arg;
    if (text === '--') return { flags, operands: [...operands, ...args.slice(i + 1)] };
    const isFlag = /^-./.test(text) || (text.startsWith('+') && valued.has(text));
    if (!isFlag) operands.push(arg);
    else if (text.startsWith('--')) i += readLong(arg, args[i + 1], valued, flags);
    else i += readCluster(program, arg, args[i + 1], valued, flags);
  }
  return { flags, operands };
}

/** Programs that take any unambiguous beginning of a long option: `rm --recurs`. */
const ABBREVIATES = new Set(
  'rm rmdir cp mv ln chmod chown chgrp mkdir touch truncate shred sed tar sort tee install split git find xargs'.split(
    ' ',
  ),
);

/** Whether a flag is given, also in the shortened form that GNU programs allow. */
export function hasFlag(program: string, flags: Flags['flags'], flag: string): boolean {
  if (flags.has(flag)) return true;
  if (!flag.startsWith('--') || !ABBREVIATES.has(program)) return false;
  for (const given of flags.keys())
    if (given.length > 2 && given.startsWith('--') && flag.startsWith(given) && !KNOWN_LONG.has(given))
      return true;
  return false;
}

/** Options that are the beginning of another one and mean themselves. */
const KNOWN_LONG = new Set([
  '--checkpoint',
  '--force',
  '--exec',
  '--no',
  '--all',
  '--delete',
  '--re',
  '--mode',
  '--output',
]);

const NONE: ReadonlySet<string> = new Set();

/** Reads `--option`, `--option=value`, `--option value`; 1 when the next word was its value. */
function readLong(
  arg: Arg,
  next: Arg | undefined,
  valued: ReadonlySet<string>,
  flags: Map<string, Arg | null>,
): 0 | 1 {
  const { text } = arg;
  const equals = text.indexOf('=');
  if (equals > 0) flags.set(text.slice(0, equals), tail(arg, equals + 1));
  else if (valued.has(text) && next !== undefined) {
    flags.set(text, next);
    return 1;
  } else flags.set(text, flags.get(text) ?? null);
  return 0;
}

/** Reads `-abc`, `-ovalue`, `-o value`; 1 when the next word was its value. */
function readCluster(
  program: string,
  arg: Arg,
  next: Arg | undefined,
  valued: ReadonlySet<string>,
  flags: Map<string, Arg | null>,
): 0 | 1 {
  const { text } = arg;
  const equals = text.indexOf('=');
  if (equals > 0) flags.set(text.slice(0, equals), tail(arg, equals + 1));
  if (valued.has(text) && next !== undefined) {
    flags.set(text, next);
    return 1;
  }
  flags.set(text, flags.get(text) ?? null);
  if (/^7z/.test(program) && /^-o./.test(text)) flags.set('-o', tail(arg, 2));
  if (SINGLE_DASH_LONG.has(program)) return 0;
  for (let i = 1; i < text.length && i < MAX_CLUSTER; i++) {
    const flag = `-${text[i]}`;
    if (!valued.has(flag)) {
      flags.set(flag, flags.get(flag) ?? null);
      continue;
    }
    const glued = i + 1 < text.length;
    flags.set(flag, glued ? tail(arg, i + 1) : (next ?? null));
    return glued ? 0 : 1;
  }
  return 0;
}

/** Letters of a cluster that are looked at: no program has more that matter. */
const MAX_CLUSTER = 64;

function tail(arg: Arg, from: number): Arg {
  return { ...arg, text: arg.text.slice(from), offset: arg.offset === null ? null : arg.offset + from };
}
