/** What a piece of interpreter code can be seen to do. Seeing nothing does not mean that it does nothing. */
export type InlineDeed = 'deletes' | 'writes' | 'spawns' | 'connects' | 'hides';

/** Longer code is not looked through for harmlessness. */
const MAX_HARMLESS = 2000;

const DELETES =
  /\b(rmtree|rmdir|rmSync|rmdirSync|unlink\w*|removedirs|rm_rf|rm_r|rm_f|remove_entry\w*|remove_tree|os\.remove|remove_dir\w*|shred|truncate|delete_file|File\.delete|Deno\.remove|fs\w*\.rm|del_tree)\b/;
const WRITES =
  /\b(writeFile\w*|appendFile\w*|write_text|write_bytes|copyfile|copytree|shutil|chmod\w*|chown\w*|symlink\w*|os\.(rename|replace|mkdir|makedirs|link)|renameSync|mkdirSync|createWriteStream|file_put_contents|fwrite|fopen|IO\.write|File\.(write|open|rename)|FileUtils|writeTextFile|ZipFile|tarfile|io\.open)\b|\bopen\b[^;\n]{0,200}?(,\s{0,9}['"]([wax]b?t?\+?|rb?\+b?)['"]|\bmode\b|['"]\s{0,9}\+?<?[+>|])|\.write\(/;
const SPAWNS =
  /\b(system|popen\w*|subprocess|spawn\w*|exec[a-z]{0,4}|execSync|child_process|pty|Kernel|passthru|shell_exec|proc_open|pcntl_exec|qx|syscall|ctypes|fork|posix|Process|Runtime|os\.startfile|IO\.popen|Open3|Deno\.(run|Command)|Bun\.(spawn|\$)|instance_eval|setuid|setgid|io\.popen|os\.execute)\b|`/;
const CONNECTS =
  /\b(socket|Socket|urllib\w*|requests|http[a-z]*|fetch|net|TCPSocket|LWP|IO::Socket|Net::\w+|open-uri|URI|ftplib|smtplib|paramiko|curl_exec|fsockopen|axios|dns|WebSocket|telnetlib|xmlrpc|pnet)\b/;
const HIDES =
  /\b(base64|b64decode|atob|fromhex|unhexlify|decode|eval|exec|compile|__import__|getattr|globals|__builtins__|marshal|pickle|zlib|codecs|chr|fromCharCode|unpack|pack|Function|marshal|vm)\b|\\x[0-9a-fA-F]{2}|\\u00/;

/** Words of code that computes and prints, in the usual languages. */
const HARMLESS = new Set(
  `F print printf println puts p pp console log say echo import from as sys json math re os path sep getcwd datetime date time now today year len range for in if else elif unless while and or not is true false
True False None null undefined nil lambda def return let const var my our local foreach each do end then begin BEGIN END str int float list dict set tuple sorted sort reverse reversed join split strip map
filter sum min max abs round enumerate zip any all format stdin stdout readlines readline read load loads dump dumps indent keys values items get uc lc ucfirst length scalar chomp reduce parse stringify JSON
Math random floor ceil sqrt pi argv ARGV STDIN version version_info platform node process versions require version_string upper lower title replace startswith endswith find count index append push pop
next last print_r var_dump PHP_VERSION phpversion substr uniq first to_i to_s to_f times i j k n x y z a b c s e f _ key value line lines word words data row col obj result d t m ord hex oct bin
hello world Hello World string array type isinstance name collections Counter itertools statistics mean median string ascii_letters digits uuid uuid4 secrets token_hex calendar typing pprint textwrap fromisoformat
isoformat strftime strptime timedelta timestamp total_seconds executable maxsize getrecursionlimit prefix modules gensym use strict warnings POSIX List Util sprintf`.split(
    /\s+/,
  ),
);

const SIGNS: Record<InlineDeed, RegExp> = {
  deletes: DELETES,
  writes: WRITES,
  spawns: SPAWNS,
  connects: CONNECTS,
  hides: HIDES,
};

/** Looks for calls that do it; told from words alone, so that a text which mentions them counts too. */
export function isSeenTo(deed: InlineDeed, code: string): boolean {
  return SIGNS[deed].test(code);
}

/** Whether code only computes and prints, as far as every word in it is known to. */
export function isHarmless(code: string): boolean {
  if (code.length > MAX_HARMLESS || Object.values(SIGNS).some((sign) => sign.test(code))) return false;
  let closed = true;
  const bare = code
    .replace(/\bs\/(?:\\.|[^/\\\n])*\/(?:\\.|[^/\\\n])*\/([gimsx]*)(?![a-z])/g, ' ')
    // Only where a slash cannot divide: elsewhere it may hide a call.
    .replace(
      /((?:^|[(~!,;{]|\b(?:if|unless|and|or|not|split))\s{0,9})m?\/(?:\\.|[^/\\\n])*\/[gimsx]*(?![a-z])/g,
      '$1 ',
    )
    // A string that is not closed on its line may hide code from this, so that it is no longer harmless.
    .replace(/"(?:\\.|[^"\\\n])*("?)|'(?:\\.|[^'\\\n])*('?)/g, (_, double = '', single = '') => {
      closed &&= double + single !== '';
      return ' ';
    });
  return closed && (bare.match(/[A-Za-z_]\w*/g) ?? []).every((word) => HARMLESS.has(word));
}
