/**
 * Programs that only read, compute or print, however they are called, beside what rules say of their options.
 * A program that is neither here nor in a rule is unknown.
 */
export const READERS: ReadonlySet<string> = new Set(
  `modinfo atq pg_isready ansible-inventory rocm-smi upower tlp-stat hadolint yamllint jsonlint : . [ [[ { } true false test echo printf cat tac nl head tail more less most view pg wc cut paste tr sort
uniq comm join fold fmt pr expand unexpand column colrm rev shuf seq jot factor numfmt tsort look ls dir
vdir exa eza lsd tree broot stat file du df dust duf ncdu pwd cd pushd popd dirs basename dirname realpath
readlink pathchk namei find fd fdfind locate plocate mlocate slocate whereis which type command whence
where grep egrep fgrep rgrep zgrep zegrep zfgrep bzgrep xzgrep pgrep rg ag ack ugrep ug pcregrep pcre2grep
pt sift git-grep glimpse apropos whatis man info help tldr cheat sed gsed awk gawk mawk nawk jq yq xq gron
fx dasel jless jp xmllint xmlstarlet pup htmlq csvcut csvlook csvgrep csvstat csvsort csvjoin csvformat
csvkit xsv qsv mlr miller datamash q csvtool tidy diff diff3 sdiff cmp colordiff vimdiff delta difft wdiff
icdiff zdiff zcmp bzdiff xzdiff dwdiff git-diff interdiff diffstat lsdiff md5sum sha1sum sha224sum
sha256sum sha384sum sha512sum b2sum b3sum cksum sum shasum md5 crc32 rhash xxhsum hashdeep md5deep od
hexdump xxd hd hexyl strings base64 base32 base58 basenc b64encode b64decode uuencode iconv recode enca
chardet dos2unix-check nkf ascii unicode uni chars zcat bzcat xzcat lzcat zstdcat zless zmore bzless
bzmore xzless zstdless gzcat zipinfo zipgrep lsar funzip lz4cat lessecho lesspipe ps pstree top htop btop
atop glances pidof pidstat procs pwdx pmap uptime w who whoami users id groups logname last lastb lastlog
tty hostid arch uname lsb_release neofetch fastfetch screenfetch inxi free vmstat iostat mpstat sar nproc
lscpu lsmem lspci lsusb lsblk lsns lsof lslocks lsipc lslogins lsscsi lshw lsmod lsattr lstopo hwinfo
dmidecode sensors acpi blkid findmnt mountpoint ipcs numactl nfsstat nfsiostat slabtop smartctl turbostat
hwloc-ls cpuid getconf getent getfacl getfattr getcap getopt getopts locale localectl loginctl timedatectl
journalctl dmesg sysctl runlevel systemd-analyze systemd-detect-virt systemd-cgls systemd-cgtop systemd-
path busctl coredumpctl resolvectl hostnamectl networkctl bootctl homectl udevadm dbus-monitor date cal
ncal gcal sleep usleep time times timeout env printenv set export declare typeset local readonly unset let
expr bc dc calc units qalc read mapfile readarray shift return exit break continue wait jobs fg bg disown
eval exec source builtin enable hash alias unalias bind complete compgen compopt shopt ulimit umask caller
trap history fc suspend logout netstat ss ifconfig ip route arp iwconfig iw ethtool nstat ifstat iftop
nethogs bmon vnstat conntrack sockstat bridge nmcli ifdata tput reset clear stty tabs toilet figlet banner
cowsay cowthink lolcat fortune sl cmatrix pv progress dialog whiptail boxes rig aafire hollywood
pygmentize bat batcat highlight source-highlight glow mdcat rich mdless cloc tokei scc sloccount loc
onefetch nm objdump readelf size addr2line c++filt ldd pldd otool ffprobe mediainfo identify soxi pdfinfo
pdffonts pdfgrep img2sixel chafa catimg viu feh eog dpkg-query apt-cache apt-file apt-config rpmquery
repoquery pactree pacdiff pkgfile paclist checkupdates debsums dlocate equery eix yes nohup nice ionice
stdbuf watch xargs parallel sudo doas setsid ipcalc sipcalc uuidgen mcookie pwgen apg xkcdpass openssl gpg
gpg2 fc-list fc-match fc-query xrandr xdpyinfo xprop xwininfo xev xlsclients glxinfo vainfo vdpauinfo
wayland-info wpctl pw-top lpstat lpq lpoptions bpftrace opensnoop execsnoop runqlat tcplife iotop powertop
systool lsinitramfs lsinitrd dumpe2fs xfs_info vgs lvs pvs vgdisplay lvdisplay pvdisplay zdb filefrag
fatrace dstat nmon collectl virt-what cpufreq-info i2cdetect evtest usb-devices lsdvd cd-info isoinfo mdls
mdfind sw_vers system_profiler vm_stat ioreg dscacheutil sysdig kpsewhich xdg-user-dir xdg-open open run-
mailcap desktop-file-validate appstreamcli koji pacgraph pkg-config pkgconf llvm-config curl-config
xml2-config python-config tig lazygit gitk diffoscope git-log gitstatus ripgrep fzf sk peco percol choose
hck tailspin lnav goaccess angle-grinder agrind multitail ccze logtail wireplumber libinput aspell
hunspell ispell spell dict diction style link-grammar wn`.split(/\s+/),
);
