import { EFFECT_KINDS, type Effect } from '../model.ts';
import { isDisk, normalise, PLACES, type Place, placeOf, whenUnset } from '../places.ts';
import { all, comesAfter, flag, not } from './conditions.ts';
import type { Rule } from './rule.ts';

/** Points of an effect at a place: on one thing, and on everything below it. Every pair is decided here. */
const POINTS: Record<Effect['kind'], Record<Place, readonly [once: number, below: number]>> = {
  write: {
    sink: [0, 0],
    inside: [0, 0],
    temp: [0, 0],
    unknown: [1, 1],
    workspace: [0, 0],
    outside: [2, 2],
    home: [2, 3],
    shared: [3, 3],
    system: [5, 5],
    root: [3, 5],
    device: [4, 4],
  },
  delete: {
    sink: [0, 0],
    inside: [0, 0],
    temp: [0, 1],
    unknown: [2, 2],
    workspace: [3, 6],
    outside: [2, 4],
    home: [3, 6],
    shared: [4, 6],
    system: [5, 8],
    root: [6, 10],
    device: [7, 9],
  },
  attributes: {
    sink: [0, 0],
    inside: [0, 0],
    temp: [1, 2],
    unknown: [1, 2],
    workspace: [1, 4],
    outside: [2, 3],
    home: [2, 4],
    shared: [3, 4],
    system: [4, 7],
    root: [4, 9],
    device: [4, 5],
  },
};

const DOES: Record<Effect['kind'], string> = {
  write: 'writes',
  delete: 'deletes',
  attributes: 'changes rights',
};
const WHERE: Record<Place, string> = {
  sink: 'to nothing',
  inside: 'in the workspace',
  temp: 'in a temporary directory',
  unknown: 'at a place the text does not tell',
  workspace: 'at the top of the workspace',
  outside: 'outside the workspace',
  home: 'in a home directory',
  shared: 'among the software of the machine',
  system: 'in a system directory',
  root: 'at the top of the disk, a home or the system',
  device: 'on a device',
};
const SAMPLE: Record<Place, string> = {
  sink: '/dev/null',
  inside: 'a.txt',
  temp: '/tmp/a',
  unknown: '"$DIR"',
  workspace: '.',
  outside: '/opt/a/b',
  home: '~/a',
  shared: '/usr/local/a',
  system: '/etc/hosts',
  root: '/home',
  device: '/dev/ttyS0',
};
const COMMAND: Record<Effect['kind'], readonly [string, string]> = {
  write: ['cp x', 'cp -r x'],
  delete: ['rm -f', 'rm -rf'],
  attributes: ['chmod 600', 'chmod -R 600'],
};

function ruleFor(kind: Effect['kind'], place: Place, below: boolean): Rule[] {
  const points = POINTS[kind][place][below ? 1 : 0];
  if (points === 0) return [];
  const other = place === 'system' ? 'temp' : 'system';
  return [
    {
      id: `${kind}-${place}${below ? '-below' : ''}`,
      programs: '',
      when: (c) =>
        c.effects.find((e) => e.kind === kind && e.recursive === below && e.place === place)?.target,
      dimension: 'blast_radius',
      points,
      message: `${DOES[kind]} ${WHERE[place]}${below ? ' and all below it' : ''}`,
      matches: [`${COMMAND[kind][below ? 1 : 0]} ${SAMPLE[place]}`],
      not_matches: [`${COMMAND[kind][below ? 1 : 0]} ${SAMPLE[other]}`, `echo ${SAMPLE[place]}`],
    },
  ];
}

const PLACES_RULES: readonly Rule[] = EFFECT_KINDS.flatMap((kind) =>
  PLACES.flatMap((place) => [...ruleFor(kind, place, false), ...ruleFor(kind, place, true)]),
);

/** What a path becomes when its leading variable is empty, where that would be ruinous. */
const ruinousWhenEmpty = (text: string): boolean => {
  const unset = whenUnset(text);
  if (unset === null || !unset.startsWith('/')) return false;
  const rest = normalise(unset);
  const place = placeOf(rest);
  return (
    /^\/+[*.]*$/.test(rest) ||
    place === 'system' ||
    (place === 'root' && /^\/(home|root|Users|etc|usr|var|bin|lib|boot|opt)\b/.test(rest))
  );
};

/** What they find is narrowed by what they are asked for. */
const SEARCHES: ReadonlySet<string> = new Set(['find', 'fd', 'fdfind']);

const RUINOUS: ReadonlySet<Place> = new Set(['root', 'system', 'device']);

export const TARGETS: readonly Rule[] = [
  ...PLACES_RULES,
  {
    id: 'overwrites-disk',
    programs: '',
    when: (c) => c.effects.find((e) => isDisk(e.target.text))?.target,
    dimension: 'blast_radius',
    points: 10,
    message: 'writes straight onto a disk or into memory',
    matches: ['dd if=/dev/zero of=/dev/sda', 'cat a > /dev/nvme0n1', 'shred /dev/sda', 'mkfs.ext4 /dev/sdb1'],
    not_matches: ['dd if=/dev/sda of=a.img', 'ls > /dev/null'],
  },
  {
    id: 'variable-may-be-empty',
    programs: '',
    when: (c) => c.effects.find((e) => e.kind !== 'write' && ruinousWhenEmpty(e.target.text))?.target,
    dimension: 'blast_radius',
    points: 7,
    message: 'hits the root or a system directory when the variable is empty',
    matches: ['rm -rf $X/', 'rm -rf "$X"/*', 'rm -rf $TMPDIR/../etc', 'chmod -R 777 $X/etc'],
    not_matches: ['rm -rf "$X"', `rm -rf \${X:?}/`, 'X=a; rm -rf $X/', 'rm -rf $X/build'],
  },
  {
    id: 'may-delete-root',
    programs: 'rm srm shred unlink rmdir trash trash-put',
    when: (c) =>
      (c.fed && c.via.at(-1) !== 'find') || c.effects.some((e) => e.target.variables.length > 0)
        ? c.mentioned.find((a) => /^[/~]/.test(a.text) && RUINOUS.has(placeOf(a.text)))
        : false,
    dimension: 'blast_radius',
    points: 6,
    message: 'deletes what may turn out to be the disk, a home or the system',
    matches: [
      'for d in /etc; do rm -rf $d; done',
      'echo / | xargs rm -rf',
      'f() { rm -rf "$1"; }; f /',
      'set -- /; rm -rf "$1"',
    ],
    not_matches: ['for d in a b; do rm -rf $d; done', 'ls | xargs rm', 'echo /; rm a', 'find / -name a'],
  },
  {
    id: 'overrides-root-guard',
    programs: 'rm chmod chown chgrp',
    when: flag('--no-preserve-root'),
    dimension: 'blast_radius',
    points: 7,
    message: 'switches the guard of the root directory off',
    matches: ['rm -rf --no-preserve-root a'],
    not_matches: ['rm -rf a', 'rm --preserve-root a'],
  },
  {
    id: 'wildcard-targets',
    programs: '',
    when: (c) => c.effects.find((e) => e.target.glob && !c.via.includes('find'))?.target,
    dimension: 'blast_radius',
    points: 2,
    message: 'a wildcard decides which files are changed',
    matches: ['rm *.log', "sed -i 's/a/b/' *.html", 'chmod 644 a?.txt'],
    not_matches: ["rm '*.log'", 'ls *.log', 'cp *.txt dir'],
  },
  {
    id: 'targets-from-elsewhere',
    programs: 'rm mv cp chmod chown chgrp sed perl unlink shred truncate kill rmdir tee ln sponge srm',
    when: (c) => c.fed || c.effects.find((e) => e.target.substitution)?.target,
    dimension: 'blast_radius',
    points: 2,
    message: 'another command decides which files are changed',
    matches: ['ls | xargs rm', 'rm $(cat list)', "find . -name '*.o' -exec rm {} +"],
    not_matches: ['rm a', 'ls | xargs cat'],
  },
  {
    id: 'deletes-what-is-listed',
    programs: 'rm srm',
    when: all(
      (c) => c.fed && !c.via.some((v) => SEARCHES.has(v)),
      not(comesAfter(SEARCHES)),
      flag('-r', '-R', '--recursive'),
    ),
    dimension: 'blast_radius',
    points: 4,
    message: 'deletes every directory that another command prints',
    matches: ['ls | xargs rm -rf', 'cat list | xargs -n1 rm -r'],
    not_matches: [
      'ls | xargs rm',
      'rm -rf a',
      'find . -name a -exec rm -r {} +',
      'find . -name a | xargs rm -r',
    ],
  },
  {
    id: 'writes-output',
    programs: '',
    when: (c) =>
      c.redirections.find(
        (r) =>
          c.effects.some((e) => e.target === r.target) &&
          r.target !== null &&
          c.effects.some((e) => e.target === r.target && e.place !== 'sink'),
      ),
    dimension: 'write',
    points: 3,
    message: 'writes its output into a file',
    matches: ['ls > a.txt', 'echo a >> b', '{ ls; pwd; } > a'],
    not_matches: ['ls > /dev/null', 'ls 2>&1', 'cat < a', "echo 'a > b'"],
  },
];
