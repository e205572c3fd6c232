/**
 * Programs whose words are no verbs, or of which rules say everything that changes something: where no rule speaks of
 * one, as of `gzip -c a`, `dpkg -l a`, `kill -0 1`, it does nothing. Of every other program that a rule names, words
 * that nobody knows are unknown. Nothing is lost by leaving one out but a low score.
 */
const TOPICS: Readonly<Record<string, string>> = {
  'files and archives': `dd dc3dd dcfldd tar gtar bsdtar star cpio pax zip gzip pigz bzip2 pbzip2 lbzip2 xz lzma lz4 zstd compress 7z 7za
    7zr 7zz rar unrar unzip gunzip bunzip2 unxz unlzma unzstd uncompress lzop lrzip brotli arj zoo zpaq ar jar unar lha cabextract innoextract
    unsquashfs ripmime rpm2cpio uudecode dpkg-deb rm cp mv ln install link rsync chmod chown touch mkdir truncate tee fdupes jdupes rdfind
    exiftool setcap xattr`,
  'packages by flag':
    'dpkg rpm rpmspec pacman yay paru nix-env emerge xbps-install xbps-remove ldconfig update-alternatives alternatives',
  'machine and processes': `kill pkill killall renice prlimit hostname hwclock iptables ip6tables ebtables nvidia-smi lpadmin swapon mount umount
    losetup udisksctl fdisk sfdisk gdisk sgdisk parted hdparm mdadm modprobe crontab at batch atq passwd chage visudo gcore strace ltrace perf
    rlwrap xset setxkbmap xinput setterm light auditctl semanage machinectl reboot shutdown halt poweroff init telinit kexec tune2fs
    e2fsck fsck badblocks debugfs cryptsetup diskutil zramctl swapoff loadkeys script ulimit su tmux screen zellij byobu`,
  'code and texts': `python perl ruby node nodejs php lua luajit Rscript R tclsh wish expect guile racket scala groovy jshell osascript pypy raku
    ghci runghc runhaskell elixir erl escript ts-node tsx ipython gdb lldb pwsh powershell octave sbcl clojure bb irb java javaw mono wine bash
    sh dash zsh ksh ksh93 mksh ash rbash csh tcsh fish elvish xonsh nu posh yash vim vi nvim ex ed emacs rvim rview gvim ssed make gmake
    cmake ninja npx bunx pnpx uvx tox nox function busybox`,
  'keys and stores': `ssh-keygen ssh-add keytool age age-keygen minisign signify cosign certutil gpgconf gpg-agent step cfssl mkcert certbot openvpn
    vault op doppler pass gopass bw lpass chamber aws-vault infisical keyring secret-tool security berglas sops ansible-vault ssh scp sftp`,
  infrastructure: `terraform tofu terragrunt pulumi ansible ansible-playbook ansible-galaxy packer chef knife puppet salt salt-call cdktf`,
  'databases asked in a language': `psql mysql mariadb sqlite3 sqlite duckdb mongo mongosh clickhouse clickhouse-client cqlsh sqlcmd sqlplus usql
    pgcli mycli litecli isql bq snowsql trino presto neo4j cypher-shell tarantool`,
  network: `nc ncat netcat nmap tcpdump tshark dumpcap wireshark nginx curl wget dig host nslookup ping nc.openbsd nc.traditional socat kafka-topics
    kafka-consumer-groups kafka-acls kafka-configs kafka-console-producer kafka-console-consumer kafka-broker-api-versions kcat kafkacat
    mosquitto_sub mosquitto_pub stern facter start-stop-daemon xterm konsole gimp mail mailx`,
};

export const JUDGED: ReadonlySet<string> = new Set(
  Object.values(TOPICS).flatMap((names) => names.split(/\s+/)),
);
