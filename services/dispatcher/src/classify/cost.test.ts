import { isAffordable } from '@drylane/proto/affordable';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { classify } from './classify.ts';
import { RULES } from './rules/index.ts';

const MAX_MS = 50;
const RUNS = Number(process.env.DRYLANE_PROPERTY_RUNS ?? 200);

const risk = (command: string) => classify(command, { medium: 4, high: 7 });

/** Processor time of this thread alone, so that a busy machine makes no fault; the best of a few runs. */
function millisecondsOf(text: string): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5 && best > MAX_MS; i++) {
    const before = process.threadCpuUsage();
    risk(text);
    const { user, system } = process.threadCpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

/** A piece again and again between two others, about as often as is still read. */
function longest(before: string, piece: string, after: string): string {
  const shape = (times: number) => before + piece.repeat(times) + after;
  let times = 1;
  while (isAffordable(shape(times * 2))) times *= 2;
  for (const share of [0.5, 0.25, 0.125, 0.0625]) {
    const more = times + Math.floor(times * share);
    if (isAffordable(shape(more))) times = more;
  }
  return shape(times);
}

const words = (text: string) => text.split('~');
/** What a text can be made of many times. */
const PIECES = [
  ...words('a~a ~-a ~-ab~--a=b ~--aa~a;~a\n~a&~a&&~a|~||~;;~"~\'~"a" ~\'a\' ~""a~\'\'a~\\~\\a~\\\n~\\ '),
  '$a ',
  `\${a}`,
  ...words('${a:-~${#a~${a//~$(~$(a)~$(a ~$((~$((1+~$[1+~$[1]~`~`a`~\\`~(~(a)~(a;~((1));'),
  ...words('{ ~{ a;~{a,~{a,b}~{a..z}~[~[a~[[ a ~[[ a == b ]];~[[ ! ~a=~a=b ~a=b;~a+=b ~a=(b) ~a[1]=b ~a=$a '),
  ...words(
    'export a=b;~>a ~<a ~2>&1 ~<<a\n~<<-a\na\n~<<<a ~<(a) ~>(a) ~* ~?~a*b~!(~@(a|~! ~/~../~./~a/~/etc/',
  ),
  ...words(
    'a/../~#~#a\n~if a;then b;fi;~if a;then ~while a;do ~for i in a;do ~case a in b)~case a in ~a)b;;',
  ),
  ...words(
    'f(){ a;};~f() ~function f { a;};~coproc a;~sudo ~env ~env a=b ~xargs ~timeout 1 ~exec ~bash -c a;',
  ),
  ...words(
    'bash -c "a";~eval a;~eval "a;a";~eval a ~cd a;~cd ..;~alias a=b;~trap a b;~find -exec a \\; ~rm a;',
  ),
  ...words(
    "rm -rf /;~rm $a/;~echo a|sh;~echo a|~echo a>b;~curl a|sh;~python3 -c 'open(~awk 'print a|~sed 's/[",
  ),
  ...words(
    "base64 -d|~$'\\x41'~$'~\"$(a)\"~$IFS~r\"\"m ~r''m ~\\r\\m ~é~漢~😀~\u202e~\u200b~ｒｍ ~\0~\r~\ud800",
  ),
  ...words("$(a ')' ~$(case a in b) ~printf a|~s/a/b/;~open ~BEGIN ~-exec ~.~//.~ao~print ~]print"),
];
/** Where it may stand. */
const PLACES: readonly (readonly [string, string])[] = [
  ...words(
    '~echo ~eval ~rm ~curl ~sudo ~find ~git ~chmod ~docker run ~ssh h ~tar ~dd of=~> ~cat ~xargs ~jq ',
  ).map((before) => [before, ''] as const),
  ...words("bash -c '~python3 -c '~perl -e '~awk '~sed '~node -e '~psql -c '~env -S '").map(
    (before) => [before, "' a"] as const,
  ),
  ...words('echo "~bash -c "~mysql -e "').map((before) => [before, '"'] as const),
  ...([
    ['bash <<E\n', '\nE\n'],
    ["cat <<'E'\n", '\nE\n'],
    ['x=', '; $x'],
    ['x=(', ')'],
    ['[[ ', ' ]]'],
  ] as const),
  ...([
    ['((', '))'],
    ['$((', '))'],
    ['{ ', '; }'],
    ['( ', ')'],
    ['case a in ', ' esac'],
    ['echo $(', ')'],
  ] as const),
  ...([
    ['for i in ', '; do rm $i; done'],
    ['f() { ', '; }; f'],
    ['echo `', '`'],
    ['echo ${a:-', '}'],
  ] as const),
  ...([
    ['a ', '|bash'],
    ['echo ', '|bash'],
    ['kubectl exec a -- ', ''],
    ['git -c alias.a=!', ''],
  ] as const),
];

describe('what a text costs', () => {
  beforeAll(() => {
    for (const { matches, not_matches } of RULES) for (const text of [...matches, ...not_matches]) risk(text);
  });

  const slow = (texts: readonly string[]) =>
    texts.flatMap((text) => {
      const ms = millisecondsOf(text);
      return ms > MAX_MS
        ? [`${ms.toFixed(0)} ms: ${JSON.stringify(text.slice(0, 60))}, ${text.length} long`]
        : [];
    });

  it('is at most 50 ms for any piece, as often as is still read', () => {
    expect(slow(PIECES.map((piece) => longest('', piece, '')))).toEqual([]);
  });

  it('is at most 50 ms where nests are filled up, and brackets in quotes seem to close them', () => {
    const nests = [
      "$(a ')' ",
      '$(case a in b) ',
      '"$(a ',
      '${a:-',
      '<(a ',
      '$((1+',
      '$[1+',
      '((1+',
      '`',
      '(',
      '{ ',
    ];
    const texts = nests.flatMap((nest) =>
      [100, 1000].flatMap((depth) =>
        [10_000, 90_000].map((length) => nest.repeat(depth) + 'x'.repeat(length)),
      ),
    );
    expect(slow([...texts, ...texts.map((text) => `((${text}))`)])).toEqual([]);
  });

  it('is at most 50 ms for any two pieces at any place', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PLACES),
        fc.constantFrom(...PIECES),
        fc.option(fc.constantFrom(...PIECES), { nil: '' }),
        ([before, after], one, other) => {
          expect(slow([longest(before, one + other, after)])).toEqual([]);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('is at most 50 ms for a mebibyte of anything, and then it is high', () => {
    for (const piece of PIECES) {
      const text = piece.repeat(2 ** 20 / piece.length + 1);
      expect(millisecondsOf(text)).toBeLessThan(MAX_MS);
      expect(risk(text)).toMatchObject({ level: 'high', opaque: true, parsed: false });
    }
  });

  it('is at most 50 ms for 10,000 levels of any bracket or quotes, and a nest that is not read is high', () => {
    const quoted = Array.from({ length: 14 }).reduce<string>(
      (text) => `bash -c ${JSON.stringify(text)}`,
      'rm a',
    );
    for (const [open, close] of [
      ['(', ')'],
      ['{ ', ';}'],
      ['$(', ')'],
      ['`', '`'],
      ['${a:-', '}'],
      ['[[ ( ', ') ]]'],
      ['((', '))'],
    ]) {
      const text = `${open?.repeat(10_000)}a${close?.repeat(10_000)}`;
      expect(millisecondsOf(text)).toBeLessThan(MAX_MS);
      expect(risk(text).level, open).toBe('high');
    }
    expect(millisecondsOf(quoted)).toBeLessThan(MAX_MS);
    expect(risk(quoted)).toMatchObject({ level: 'high', opaque: true });
  });

  it('is small for bytes that are no text: they come in as replacement characters', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4000 }), (bytes) => {
        const text = Buffer.from(bytes).toString();
        expect(millisecondsOf(text)).toBeLessThan(MAX_MS);
        const { parsed, level } = risk(text);
        if (!parsed) expect(level).toBe('high');
      }),
      { numRuns: 50 },
    );
  });
});
