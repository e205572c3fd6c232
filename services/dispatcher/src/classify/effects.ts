import { TESTS } from './find.ts';
import { type Flags, hasFlag } from './flags.ts';
import type { Arg, Effect } from './model.ts';
import { worstPlace } from './places.ts';

/** Which words of a program's command line name what it changes. */
interface Changes {
  readonly kind: Effect['kind'];
  /** `rest`: all but the first; `others`: all but the last. */
  readonly which: 'all' | 'last' | 'rest' | 'others' | 'none';
  /** Only with one of these flags. */
  readonly when?: readonly string[];
  /** Flags whose value is a path it writes. */
  readonly outputs?: readonly string[];
  /** It works on everything below the paths, with one of these flags or ('always') without. */
  readonly recursive?: readonly string[] | 'always';
}

const R = ['-r', '-R', '--recursive'];
const write = (which: Changes['which'], more: Partial<Changes> = {}): Changes => ({
  kind: 'write',
  which,
  ...more,
});
const output = (...outputs: string[]): Changes => ({ kind: 'write', which: 'none', outputs });
const REMOVE: Changes = { kind: 'delete', which: 'all', recursive: R };
const ATTRIBUTES: Changes = { kind: 'attributes', which: 'rest', recursive: R };
const REWRITE = write('all');
const UNPACKS_INTO: readonly Changes[] = [{ ...output('-o'), recursive: 'always' }];

/** What each program changes; a new one is one line here. */
const CHANGES: ReadonlyMap<string, readonly Changes[]> = tableOf({
  rm: [REMOVE],
  rmdir: [REMOVE],
  unlink: [REMOVE],
  srm: [REMOVE],
  shred: [{ kind: 'delete', which: 'all' }],
  wipe: [REMOVE],
  trash: [REMOVE],
  'trash-put': [REMOVE],
  mv: [{ kind: 'delete', which: 'others' }, write('last'), output('-t', '--target-directory')],
  cp: [write('last', { recursive: [...R, '-a'] }), output('-t', '--target-directory')],
  scp: [write('last')],
  rsync: [
    write('last'),
    {
      kind: 'delete',
      which: 'last',
      recursive: 'always',
      when: ['--delete', '--delete-before', '--delete-after', '--delete-during', '--del'],
    },
    { kind: 'delete', which: 'others', when: ['--remove-source-files'] },
  ],
  install: [write('last'), output('-t', '--target-directory')],
  ln: [write('last')],
  link: [write('last')],
  mkdir: [REWRITE],
  mkfifo: [REWRITE],
  mknod: [REWRITE],
  touch: [REWRITE],
  tee: [REWRITE],
  sponge: [REWRITE],
  truncate: [{ kind: 'delete', which: 'all' }],
  fallocate: [REWRITE],
  split: [write('rest')],
  chmod: [ATTRIBUTES],
  chown: [ATTRIBUTES],
  chgrp: [ATTRIBUTES],
  chattr: [ATTRIBUTES],
  setfacl: [ATTRIBUTES],
  chcon: [ATTRIBUTES],
  setcap: [ATTRIBUTES],
  sed: [write('rest', { when: ['-i', '--in-place'] })],
  perl: [write('all', { when: ['-i'] })],
  curl: [output('-o', '--output', '-c', '--cookie-jar', '-D', '--dump-header', '--output-dir')],
  wget: [output('-O', '--output-document', '-P', '--directory-prefix', '-o', '-a')],
  aria2c: [output('-d', '--dir', '-o')],
  sort: [output('-o', '--output')],
  tar: [output('-C', '--directory')],
  '7z': UNPACKS_INTO,
  '7za': UNPACKS_INTO,
  '7zr': UNPACKS_INTO,
  '7zz': UNPACKS_INTO,
  unzip: [{ ...output('-d'), recursive: ['-o'] }],
  gcc: [output('-o')],
  objcopy: [write('last')],
  strip: [REWRITE],
  patch: [write('all')],
  gzip: [REWRITE],
  bzip2: [REWRITE],
  xz: [REWRITE],
  rename: [write('rest')],
  uniq: [write('rest')],
  screen: [output('-Logfile')],
  ed: [REWRITE],
  vim: [REWRITE],
  nano: [REWRITE],
  mkswap: [{ kind: 'delete', which: 'all' }],
  wipefs: [{ kind: 'delete', which: 'all', when: ['-a', '--all', '-o', '--offset'] }],
  blkdiscard: [{ kind: 'delete', which: 'all' }],
});

/** Names come from the text: a plain object would answer for `__proto__` too. */
function tableOf(
  rows: Readonly<Record<string, readonly Changes[]>>,
): ReadonlyMap<string, readonly Changes[]> {
  return new Map(Object.entries(rows));
}

/** The paths a command changes, from its words; redirections are added by the caller. */
export function readEffects(program: string, { flags, operands }: Flags): Change[] {
  if (program === 'dd') return readDd(operands);
  if (program === 'find') return readFind(flags, operands);
  const changes = program.startsWith('mkfs') ? [REMOVE] : (CHANGES.get(program) ?? []);
  return changes.flatMap((change) => {
    if (change.when && !change.when.some((flag) => flags.has(flag) || hasGlued(flags, flag))) return [];
    const recursive =
      change.recursive === 'always' || (change.recursive ?? []).some((flag) => hasFlag(program, flags, flag));
    const outputs = (change.outputs ?? []).flatMap((flag) => flags.get(flag) ?? []);
    return [...pick(change.which, operands, flags), ...outputs].map((target) => ({
      kind: change.kind,
      target,
      recursive,
    }));
  });
}

function pick(which: Changes['which'], operands: readonly Arg[], flags: Flags['flags']): readonly Arg[] {
  if (which === 'all') return operands;
  if (which === 'last') return operands.length > 1 ? operands.slice(-1) : [];
  if (which === 'others') return operands.length > 1 ? operands.slice(0, -1) : operands;
  // With -e or -f the script is no operand, so that all of them are files.
  if (which === 'rest')
    return flags.has('-e') || flags.has('--expression') || flags.has('--reference')
      ? operands
      : operands.slice(1);
  return [];
}

/** `-i.bak` says -i as well. */
function hasGlued(flags: Flags['flags'], flag: string): boolean {
  return flag.length === 2 && [...flags.keys()].some((f) => f.startsWith(flag) && !f.startsWith('--'));
}

function readDd(operands: readonly Arg[]): Change[] {
  return operands.flatMap((o) =>
    o.text.startsWith('of=')
      ? [{ kind: 'write', target: { ...o, text: o.text.slice(3) }, recursive: false }]
      : [],
  );
}

function readFind(flags: Flags['flags'], operands: readonly Arg[]): Change[] {
  const lists = ['-fprint', '-fprint0', '-fprintf', '-fls'].flatMap((flag): Change[] => {
    const target = flags.get(flag);
    return target ? [{ kind: 'write', target, recursive: false }] : [];
  });
  if (!flags.has('-delete')) return lists;
  const narrowed = [...flags.keys()].some((flag) => TESTS.test(flag));
  const deleted = operands.map(
    (start): Change => ({
      kind: 'delete',
      target: narrowed ? { ...start, text: `${start.text}/found/*` } : start,
      recursive: !narrowed,
    }),
  );
  return [...lists, ...deleted];
}

/** An effect whose place is not yet told. */
export type Change = Omit<Effect, 'place'>;

/** Tells where an effect on any of the paths takes place, the worst of what its path may mean. */
export function placeEffect(
  change: Change,
  paths: readonly string[],
  directories: readonly (string | null)[],
): Effect {
  const { text, variables, substitution } = change.target;
  const computed =
    (variables.length > 0 && /^\$|^[^/]*$/.test(text)) || (substitution && /^[$`<]/.test(text));
  return {
    ...change,
    place: computed ? 'unknown' : worstPlace(paths, directories),
  };
}
