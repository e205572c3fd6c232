/** Programs that only read, compute or print, however they are called, beside what rules say of their options. */
const TOPICS: Readonly<Record<string, string>> = {
  'shell builtins': `. : [ [[ alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs
    disown echo enable eval exec exit export false fc fg getopts hash help history jobs let local logout
    mapfile popd printf pushd pwd read readarray readonly return set shift shopt sleep source suspend test
    times trap true type typeset ulimit umask unalias unset wait whence where { }`,
  'files, looked at': `basename broot cat cd-info df diffoscope dir dirname du duf dust exa eza fd fdfind file filefrag fincore
    find funzip getcap getfacl getfattr gio-querymodules head isoinfo less locate look ls lsar lsattr lsd
    lsdvd lsfd lslocks lsof mdfind mdls mlocate more most namei ncdu nl open pathchk pg plocate readlink
    realpath slocate stat tac tail tree vdir view whereis which xdg-open zipgrep zipinfo`,
  text: `ack ag agrind angle-grinder ascii aspell awk bat batcat bzegrep bzfgrep bzgrep ccze chardet chardetect
    chars choose col colcrt colrm column comm csvcut csvformat csvgrep csvjoin csvkit csvlook csvsort
    csvstat csvtool cut dasel datamash dict diction dos2unix-check egrep enca envsubst eqn expand factor
    fgrep fmt fold fx fzf gawk git-grep glimpse glow goaccess grep groff gron gsed hck highlight htmlq
    hunspell iconv ispell jless join jot jp jq json_pp link-grammar lnav logtail lzgrep mawk mdcat mdless
    miller mlr multitail nawk nkf nroff numfmt paste pcre2grep pcregrep peco percol pgrep pic pr preconv pt
    ptx pup pygmentize q qsv readtags recode rev rg rgrep rich ripgrep sed seq shuf sift sk sort
    source-highlight spell style tailspin tbl tidy tomlq tr troff tsort ug ugrep ul unexpand uni unicode
    uniq wc wn xmllint xmlstarlet xq xsv xzegrep xzfgrep xzgrep yq zegrep zfgrep zgrep zstdgrep`,
  'comparing and hashing': `b2sum b3sum bzcmp bzdiff cksum cmp colordiff crc32 delta diff diff3 diffstat difft dwdiff git-diff gpgv
    hashdeep hmac256 icdiff interdiff llvm-diff lsdiff lzcmp lzdiff md5 md5deep md5sum rhash sdiff sha1sum
    sha224sum sha256sum sha384sum sha512sum shasum sum vimdiff wdiff xxhsum xzcmp xzdiff zcmp zdiff`,
  'bytes and encodings': `b64decode b64encode base32 base58 base64 basenc bzcat bzip2recover bzless bzmore gzcat hd hexdump hexyl
    lessecho lesspipe lzcat lzless lzmainfo lzmore od progress pv strings uuencode xxd xzcat xzless xzmore
    lz4cat zcat zless zmore zstdcat zstdless`,
  'programs, looked into': `addr2line c++filt callgrind_annotate cg_annotate cg_diff curl-config dwp gcov gcov-dump
    gdk-pixbuf-query-loaders gprof javap jdeps kpsewhich ldd libpng-config llvm-bcanalyzer llvm-config
    llvm-cxxfilt llvm-dis llvm-dwarfdump llvm-nm llvm-objdump llvm-readelf llvm-readobj llvm-size
    llvm-strings llvm-symbolizer ms_print nm objdump otool pg_config pkg-config pkgconf pldd python-config
    python3-config readelf size xml2-config xslt-config`,
  processes: `atop bpftrace btop chrt collectl doas dstat env execsnoop fatrace free fuser glances groups htop id
    ionice iostat iotop jcmd jinfo jps jstack jstat last lastb lastlog logname lslogins mpstat nice nmon
    nohup opensnoop parallel pidof pidstat pidwait pinky pmap powertop printenv prlimit procs prtstat ps
    pstree pwdx runqlat sar setsid slabtop stdbuf sudo sysdig taskset tcplife time timeout tload top tty
    uptime users vmstat w watch who whoami xargs yes`,
  'the machine': `choom quota repquota acpi arch blkid bootctl busctl coredumpctl cpufreq-info cpuid dbus-monitor dmesg dmidecode
    dpkg-architecture dumpe2fs e2freefrag evtest fastfetch findfs findmnt getconf getent getopt
    homectl hostid hostnamectl hwinfo hwloc-ls i2cdetect inxi ioreg ipcs ischroot journalctl locale
    localectl loginctl lsb_release lsblk lscpu lshw lsinitramfs lsinitrd lsipc lsirq lsmem lsmod lsns lspci
    lsscsi lstopo lsusb lvdisplay lvs mii-tool modinfo mountpoint neofetch networkctl nfsiostat nfsstat
    nproc numactl pvdisplay pvs resolvectl rocm-smi runlevel screenfetch sensors smartctl sw_vers sysctl
    system_profiler systemd-analyze systemd-cgls systemd-cgtop systemd-delta systemd-detect-virt
    systemd-escape systemd-id128 systemd-path systool timedatectl tlp-stat turbostat udevadm uname upower
    usb-devices validlocale vgdisplay vgs virt-what vm_stat wdctl xfs_info zdb zdump`,
  'time and numbers': `apg bc cal calc date dc expr gcal ipcalc mcookie ncal netaddr pwgen qalc sipcalc units usleep uuidgen
    xkcdpass`,
  'network, looked at': `arp arptables-save bmon bridge conntrack ctstat dnsdomainname ebtables-save ethtool ifconfig ifdata
    ifstat iftop ip ip6tables-save iptables-save iw iwconfig lnstat nethogs netqual netstat nft-list nmcli
    nstat route routel rtstat sockstat ss ssh-argv0 vnstat ypdomainname`,
  'terminal and desktop': `aafire appstreamcli banner boxes clear clear_console cmatrix cowsay cowthink desktop-file-validate
    dialog dircolors dscacheutil fc-conflist fc-list fc-match fc-pattern fc-query fc-scan figlet fortune
    glxinfo hollywood infocmp libinput lolcat lpoptions lpq lpstat mesg pw-top reset rig showkey sl stty
    tabs toe toilet tput tset vainfo vdpauinfo wayland-info whiptail wireplumber wpctl xdg-user-dir xdpyinfo
    xdriinfo xev xlsatoms xlsclients xlsfonts xprop xrandr xvinfo xwininfo`,
  'media, looked at': `mkvinfo ogginfo catimg chafa eog feh ffprobe identify img2sixel mediainfo pdffonts pdfgrep pdfinfo soxi viu`,
  manuals: `apropos cheat info lexgrog man manpath perldoc pod2text podchecker pydoc pydoc3 tldr whatis`,
  'packages, asked': `axi-cache apt-cache apt-config apt-file checkupdates debconf-show debsums deptry dlocate dpkg-parsechangelog
    dpkg-query eix equery grype koji licensecheck osv-scanner pacdiff pacgraph paclist pactree
    pip-audit pipdeptree pkgfile repoquery rpmquery syft`,
  'linters that change nothing': `actionlint ansible-lint bandit bashate cargo-audit cfn-lint checkmake checkov conftest
    cppcheck cpplint cspell dockle dotenv-linter editorconfig-checker errcheck gosec hadolint ineffassign
    jsonlint kube-linter kubeconform kubesec kubeval lizard lychee mdl
    promtool proselint pycodestyle pydocstyle pyflakes radon shellharden-check sqlfluff-lint staticcheck
    tflint tfsec vale vulture xmlwf yamllint`,
  'clients that only ask': `ansible-config ansible-doc ansible-inventory atq cloc dumpsexp git-log git-quick-stats git-sizer gitk
    gitstatus gpg gpg2 lazygit loc onefetch openssl pg_isready pg_lsclusters scc
    sloccount tig tokei`,
  other: `lz4cat`,
};

/** All of them. A program that is neither here nor in a rule is unknown. */
export const READERS: ReadonlySet<string> = new Set(
  Object.values(TOPICS).flatMap((names) => names.split(/\s+/)),
);
