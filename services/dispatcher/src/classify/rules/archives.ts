import { all, any, flag, hasTarget, not, operand, verb, word } from './conditions.ts';
import type { Condition, Rule } from './rule.ts';

/** tar takes its letters without a dash too. */
const tarMode =
  (letters: RegExp): Condition =>
  (c) =>
    [...c.flags.keys()].some((f) => /^-[a-zA-Z]+$/.test(f) && letters.test(f)) ||
    letters.test((c.args[0]?.text ?? '').replace(/^[^-].*[./-].*$/, ''));

export const ARCHIVES: readonly Rule[] = [
  {
    id: 'packs-archive',
    programs: 'tar gtar bsdtar star',
    when: any(
      tarMode(/^-?[a-zA-Z]*[cruA]/),
      flag('--create', '--append', '--update', '--concatenate', '--delete'),
    ),
    dimension: 'write',
    points: 3,
    message: 'packs files into an archive',
    matches: ['tar czf a.tgz a', 'tar -c -f a.tar a'],
    not_matches: ['tar tf a.tar', 'tar xf a.tar'],
  },
  {
    id: 'unpacks-archive',
    programs: 'tar gtar bsdtar star',
    when: any(tarMode(/^-?[a-zA-Z]*x/), flag('--extract', '--get')),
    dimension: 'write',
    points: 4,
    message: 'unpacks an archive over what is there',
    matches: ['tar xzf a.tgz', 'tar -xf a.tar -C b'],
    not_matches: ['tar tf a.tar', 'tar czf a.tgz a'],
  },
  {
    id: 'unpacks-absolute',
    programs: 'tar gtar bsdtar cpio unzip pax',
    when: any(
      flag(
        '--absolute-names --overwrite --unlink-first --recursive-unlink',
        '--no-absolute-filenames-off --remove-files',
      ),
      all((c) => c.program !== 'unzip', any(flag('-P'), tarMode(/^-?[a-zA-Z]*P/))),
    ),
    dimension: 'blast_radius',
    points: 5,
    message: 'lets an archive replace or remove files anywhere',
    matches: ['tar xPf a.tar', 'tar cf a.tar --remove-files b'],
    not_matches: ['tar xf a.tar'],
  },
  {
    id: 'compresses-files',
    programs:
      'zip gzip pigz bzip2 pbzip2 lbzip2 xz lzma lz4 zstd compress 7z 7za 7zr 7zz rar unrar unzip gunzip bunzip2 unxz unlzma unzstd uncompress lzop lrzip brotli arj zoo zpaq ar jar unar lha cabextract innoextract pack unpack mkisofs genisoimage xorriso mksquashfs unsquashfs dar upx shar ripmime rpm2cpio uudecode uuencode asar gpg-zip dpkg-deb',
    when: all(
      any(hasTarget, flag('-d', '-9', '-k')),
      not(
        any(
          flag('-l --list -t --test -c --stdout --to-stdout -v --version -V --help -Z -h -L'),
          verb('l', 't', 'v', 'tf', 'p', 'lb', 'i', 'tvf', '-tf'),
        ),
      ),
    ),
    dimension: 'write',
    points: 3,
    message: 'packs or unpacks files, replacing the originals',
    matches: ['gzip a', 'unzip a.zip', '7z x a.7z', 'zip -r a.zip a'],
    not_matches: ['unzip -l a.zip', 'gzip -l a.gz', 'gzip -c a', '7z l a.7z'],
  },
  {
    id: 'hides-behind-password',
    programs: 'zip 7z 7za rar openssl gpg gpg2 age ccrypt mcrypt',
    when: any(
      flag('--password', '-P', '-pass', '--passphrase', '--passphrase-fd', '--symmetric', '-c', '-hp'),
      all((c) => c.program === 'openssl', operand(/^(enc|rsautl|pkeyutl|des3|aes-256-cbc)$/)),
    ),
    dimension: 'blast_radius',
    points: 3,
    message: 'encrypts files',
    matches: ['zip --password x a.zip a', 'gpg -c a', 'openssl enc -aes-256-cbc -in a'],
    not_matches: ['zip a.zip a', 'gpg --verify a'],
  },
  {
    id: 'works-with-keys',
    programs:
      'gpg gpg2 openssl ssh-keygen ssh-add age-keygen keytool certbot mkcert step cfssl minisign signify age gpg-agent gpgconf pinentry ssh-agent easyrsa certutil pk12util cosign',
    when: any(
      all(
        (c) =>
          /^(ssh-keygen|certbot|mkcert|age-keygen|keytool|minisign|step|cfssl|certutil|easyrsa|cosign)$/.test(
            c.program,
          ),
        not(flag('-l', '-lf', '-F', '--version', '-list', '-L', '--help', '-B')),
      ),
      flag(
        '-o --output -out -keyout --gen-key --generate-key --full-generate-key --import',
        '--delete-keys --edit-key -e --encrypt -s --sign -d --decrypt --recv-keys --send-keys',
        '-b --detach-sign --clearsign -D --quick-generate-key --lsign-key --sign-key',
        '--refresh-keys --armor',
      ),
      all((c) => c.program === 'openssl', operand(/^ocsp$/)),
      all((c) => c.program === 'openssl', operand(/^(req|genrsa|genpkey|ca|pkcs12)$/)),
    ),
    dimension: 'write',
    points: 3,
    message: 'makes or uses keys and signatures',
    matches: ['ssh-keygen -t ed25519 -f a', 'openssl genrsa -out a.key 2048', 'gpg --import a'],
    not_matches: ['gpg --list-keys', 'openssl version', 'openssl x509 -in a -noout'],
  },
  {
    id: 'deletes-keys',
    programs: 'gpg gpg2 ssh-add ssh-keygen keytool security',
    when: any(
      word(/^--delete-(secret-|secret-and-public-)?keys?$/),
      all((c) => c.program === 'ssh-add', flag('-D', '-d')),
      all((c) => c.program === 'keytool', flag('-delete')),
      all((c) => c.program === 'security', verb('delete-keychain, delete-certificate, delete-identity')),
    ),
    dimension: 'blast_radius',
    points: 6,
    message: 'deletes keys',
    matches: ['gpg --delete-secret-keys me', 'ssh-add -D'],
    not_matches: ['gpg --list-keys', 'ssh-add -l'],
  },
  {
    id: 'removes-originals',
    programs: 'zip 7z 7za 7zz rar fdupes jdupes rdfind rmlint mogrify',
    when: any(
      all((c) => c.program === 'zip', flag('-m', '--move')),
      all((c) => /^7z/.test(c.program), flag('-sdel')),
      all((c) => c.program === 'rar', flag('-df', '-dr')),
      all((c) => /^[fj]dupes$/.test(c.program), flag('-d', '--delete')),
      all((c) => c.program === 'rdfind', flag('-deleteduplicates')),
      (c) => c.program === 'mogrify',
    ),
    dimension: 'write',
    points: 4,
    message: 'removes or overwrites the files that it works on',
    matches: ['zip -m a.zip b', '7z a -sdel a.7z b', 'fdupes -rdN .', 'mogrify -resize 10% a.jpg'],
    not_matches: ['zip a.zip b', '7z a a.7z b', 'fdupes -r .'],
  },
  {
    id: 'exports-private-keys',
    programs: 'gpg gpg2 openssl security',
    when: word(/^--export-secret-(ke|su)|^(dump-keychain|find-generic-password|find-internet-password)$/),
    dimension: 'credential',
    points: 7,
    message: 'takes private keys or passwords out of their store',
    matches: ['gpg --export-secret-keys', 'security dump-keychain'],
    not_matches: ['gpg --export me'],
  },
  {
    id: 'converts-media',
    programs:
      'ffmpeg convert magick mogrify sox avconv gs pdftk qpdf inkscape optipng pngquant jpegoptim cwebp dwebp exiftool exiv2 jpegtran mencoder handbrakecli lame flac oggenc opusenc opusdec flacenc oggdec faac pdftotext pdftoppm pdfunite pdfseparate pdfimages pdfcrop pdfnup unoconv libreoffice soffice ebook-convert wkhtmltopdf montage composite gifsicle cjpeg djpeg svgo rsvg-convert dot neato potrace tesseract img2pdf img2txt scrot import gnome-screenshot maim grim flameshot recordmydesktop asciinema script ttyrec pdfxup ps2pdf pdf2ps a2ps enscript mkvmerge mkvextract mp4box gource swftools animate fdupes jdupes rdfind rmlint dvdauthor cdrecord wodim growisofs growlight streamlink pngcrush mktorrent transmission-cli xclip xsel pbcopy wl-copy magick-script gitstats',
    when: any(operand(/./), (c) => c.fed, isOutput),
    dimension: 'write',
    points: 3,
    message: 'writes converted or recorded files',
    matches: ['ffmpeg -i a.mp4 b.mp3', 'convert a.png b.jpg'],
    not_matches: ['ffmpeg -version'],
  },
];

function isOutput(c: { readonly flags: ReadonlyMap<string, unknown> }): boolean {
  return ['-i', '-o', '--output', '-sel', '-selection', '-d'].some((f) => c.flags.has(f));
}
