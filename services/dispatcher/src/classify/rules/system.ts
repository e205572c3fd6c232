import {
  all,
  any,
  asksOnly,
  flag,
  hasTarget,
  isPipedInto,
  not,
  operand,
  verb,
  verbLike,
  word,
} from './conditions.ts';
import type { Rule } from './rule.ts';

const quiet = not(asksOnly);

export const SYSTEM: readonly Rule[] = [
  {
    id: 'stops-machine',
    programs: 'reboot shutdown halt poweroff init telinit kexec pm-suspend pm-hibernate systemctl loginctl',
    when: any(
      all((c) => /^(reboot|shutdown|halt|poweroff|kexec|pm-suspend|pm-hibernate)$/.test(c.program), quiet),
      all((c) => /^(init|telinit)$/.test(c.program), operand(/^[0-6sS]$/)),
      verb(
        'reboot, poweroff, halt, kexec, suspend, hibernate, rescue, emergency, isolate',
        'soft-reboot, switch-root',
      ),
    ),
    dimension: 'blast_radius',
    points: 8,
    message: 'stops or restarts the machine',
    matches: ['reboot', 'shutdown -h now', 'systemctl poweroff', 'init 6'],
    not_matches: ['systemctl status reboot', 'shutdown --help'],
  },
  {
    id: 'changes-services',
    programs:
      'systemctl service rc-service rc-update chkconfig launchctl initctl sv supervisorctl pm2 sysrc monit update-rc.d s6-rc brew-services',
    when: any(
      verbLike(
        /^(start|stop|restart|reload|try-restart|reload-or-restart|enable|disable|mask|unmask|kill|set-property|edit|set-default|daemon-reload|daemon-reexec|link|revert|reset-failed|preset|import-environment|set-environment|load|unload|bootstrap|bootout|kickstart|remove|add|del|delete|on|off|up|down|condrestart|force-reload|reenable|clean|freeze)$/,
      ),
      operand(/=/),
    ),
    dimension: 'write',
    points: 4,
    message: 'starts, stops or changes system services',
    matches: ['systemctl restart nginx', 'service nginx stop', 'systemctl --user enable a'],
    not_matches: ['systemctl status nginx', 'systemctl list-units'],
  },
  {
    id: 'switches-defence-off',
    programs:
      'systemctl service ufw iptables ip6tables nft firewall-cmd pfctl setenforce auditctl aa-disable aa-teardown semanage setsebool mdatp sysctl chkconfig rc-service update-rc.d kill pkill killall spctl csrutil swapoff apparmor_parser falconctl auditd ipfw augenrules sysrc',
    when: any(
      all(
        verbLike(/^(stop|disable|mask|off|kill)$/),
        operand(
          /(ufw|firewall|iptables|nftables|audit|apparmor|selinux|syslog|journald|fail2ban|clamav|falcon|crowdstrike|ossec|wazuh|cbdaemon|defender|mdatp|sshguard|rsyslog|osquery|auditbeat|filebeat|ntp|chrony|cron)/i,
        ),
      ),
      all((c) => c.program === 'ufw', verb('disable', 'reset', 'delete', 'logging off', '--force')),
      all(
        (c) => /^(iptables|ip6tables|nft|ipfw)$/.test(c.program),
        any(flag('-F', '-X', '-D', '--flush', '--delete', '-P'), verb('flush', 'delete', '-f')),
      ),
      all((c) => c.program === 'firewall-cmd', word(/^--(remove|panic|zone=trusted|set-default)/)),
      all((c) => c.program === 'pfctl', flag('-d', '-F', '-f')),
      all((c) => c.program === 'setenforce', operand(/^(0|permissive)$/i)),
      all((c) => c.program === 'auditctl', any(flag('-D', '-d', '-W'), word(/^0$/))),
      all(
        (c) => /^(aa-disable|aa-teardown|spctl|csrutil|apparmor_parser|falconctl|mdatp)$/.test(c.program),
        word(/^(--master-disable|disable|--value|disabled|-R|config)$/),
      ),
      all(
        (c) => /^(kill|pkill|killall)$/.test(c.program),
        word(/(cron|auditd|syslog|falcon|clamd|wazuh|osquery|defender|sshd)/),
      ),
      all(
        (c) => c.program === 'sysctl',
        operand(
          /(randomize_va_space|ptrace_scope|kptr_restrict|dmesg_restrict|rp_filter|core_pattern|modprobe|suid_dumpable)=/,
        ),
      ),
      all((c) => c.program === 'sysrc', operand(/=("?NO"?|off)/i)),
    ),
    dimension: 'blast_radius',
    points: 7,
    message: 'switches a protection or a record of the system off',
    matches: [
      'ufw disable',
      'iptables -F',
      'setenforce 0',
      'systemctl stop auditd',
      'auditctl -D',
      'pkill auditd',
    ],
    not_matches: ['ufw status', 'iptables -L', 'systemctl stop nginx'],
  },
  {
    id: 'changes-network-setup',
    programs:
      'iptables ip6tables ebtables nft ufw firewall-cmd pfctl ip ifconfig route nmcli iw iwconfig brctl tc ethtool resolvectl networksetup dhclient ifup ifdown wpa_cli rfkill arp bridge netplan ovs-vsctl wg-quick sysrc ipfw scutil nmtui',
    when: any(
      flag('-A', '-I', '-D', '-F', '-N', '-X', '-P', '-Z', '--append', '--insert', '--flush'),
      verbLike(
        /^(add|del|delete|set|change|replace|flush|up|down|allow|deny|enable|disable|reset|reload|limit|reject|connect|disconnect|modify|mod|edit|create|block|unblock|apply|insert|append|addbr|delbr|addif|add_network|logging|set-hostname|hw|netmask|mtu|promisc|on|off|radio|hotspot|rescan|flush-caches|try)$/,
      ),
      word(/^--(add|remove|set|reload|panic)/),
      (c) => /^(dhclient|ifup|ifdown|wg-quick|rfkill|nmtui)$/.test(c.program),
      all(
        (c) => c.program === 'ifconfig',
        (c) => c.operands.length > 1,
      ),
      all((c) => c.program === 'pfctl', flag('-f', '-e', '-d')),
      all((c) => c.program === 'arp', flag('-d', '-s')),
    ),
    dimension: 'blast_radius',
    points: 5,
    message: 'changes how the machine is connected or protected',
    matches: ['iptables -A INPUT -j DROP', 'ip link set eth0 down', 'ufw allow 22', 'ifconfig eth0 down'],
    not_matches: ['ip addr show', 'ifconfig', 'ip route', 'iptables -L'],
  },
  {
    id: 'signals-processes',
    programs: 'kill pkill killall killall5 xkill skill fuser renice tskill loginctl taskset chrt prlimit',
    when: any(
      all(
        (c) => /kill|renice/.test(c.program),
        hasTarget,
        (c) => !/^(-l|-L|-0|--list|--table)$/.test(c.args[0]?.text ?? ''),
      ),
      (c) => c.program === 'xkill',
      all((c) => c.program === 'fuser', flag('-k', '--kill')),
      all(
        (c) => c.program === 'loginctl',
        verb('kill-user, kill-session, terminate-user, terminate-session, terminate-seat'),
      ),
      all(
        (c) => /^(taskset|chrt)$/.test(c.program),
        flag('-p'),
        (c) => c.operands.length > 1,
      ),
      all((c) => c.program === 'prlimit', word(/^--[a-z]+=/), not(word(/^--(pid|output)=/))),
    ),
    dimension: 'write',
    points: 4,
    message: 'ends or changes running processes',
    matches: [
      'kill 123',
      'kill -KILL 123',
      'pkill -9 node',
      'killall node',
      'fuser -k 80/tcp',
      'loginctl kill-user me',
    ],
    not_matches: ['kill -l', 'pgrep node', 'fuser 80/tcp', 'taskset -p 1', 'loginctl list-sessions'],
  },
  {
    id: 'kills-everything',
    programs: 'kill killall5 pkill killall',
    when: any(
      all(
        (c) => c.program === 'kill',
        (c) => c.args.length > 1 && /^(-1|1)$/.test(c.args.at(-1)?.text ?? ''),
      ),
      (c) => c.program === 'killall5',
      all((c) => c.program === 'pkill' || c.program === 'killall', flag('-u -U -v'), quiet),
    ),
    dimension: 'blast_radius',
    points: 7,
    message: 'ends every process it can reach',
    matches: ['kill -9 -1', 'pkill -u me', 'kill -9 1'],
    not_matches: ['kill 123', 'pkill node'],
  },
  {
    id: 'ends-or-removes',
    programs: 'tmux screen zellij lpadmin bluetoothctl ipset cancel lprm localectl',
    when: any(
      verb(
        'kill-server, kill-session, kill-window, kill-pane, kill-all-sessions, delete-session, remove, destroy, flush',
      ),
      all((c) => c.program === 'lpadmin', flag('-x')),
      all((c) => c.program === 'cancel', flag('-a')),
    ),
    dimension: 'write',
    points: 4,
    message: 'ends sessions, or removes what the machine is set up with',
    matches: ['tmux kill-server', 'lpadmin -x a', 'ipset destroy'],
    not_matches: ['tmux ls', 'bluetoothctl devices', 'lpadmin -p a -E'],
  },
  {
    id: 'sets-clock',
    programs: 'date timedatectl hwclock ntpdate',
    when: any(
      all((c) => c.program === 'date', flag('-s', '--set')),
      all((c) => c.program === 'timedatectl', verb('set-time, set-timezone, set-ntp, set-local-rtc')),
      all((c) => c.program === 'hwclock', flag('-w -s --set --systohc --hctosys --adjust')),
    ),
    dimension: 'blast_radius',
    points: 4,
    message: 'sets the clock that everything on the machine goes by',
    matches: ['date -s 2020-01-01', 'timedatectl set-time 12:00', 'hwclock -w'],
    not_matches: ['date', 'date +%s', 'timedatectl status', 'hwclock --show'],
  },
  {
    id: 'names-machine',
    programs: 'hostname hostnamectl scutil',
    when: any(
      all((c) => c.program === 'hostname', any(hasTarget, flag('-F', '-b', '--file', '--boot'))),
      verbLike(/^set-(hostname|icon-name|chassis|deployment|location)$/),
      all(
        (c) => c.program === 'hostnamectl',
        verb('hostname'),
        (c) => c.operands.length > 1,
      ),
      all((c) => c.program === 'scutil', flag('--set')),
    ),
    dimension: 'blast_radius',
    points: 4,
    message: 'gives the machine another name',
    matches: ['hostnamectl set-hostname a', 'hostname a'],
    not_matches: ['hostname', 'hostname -f', 'hostnamectl status'],
  },
  {
    id: 'resets-settings',
    programs: 'dconf gsettings defaults',
    when: any(
      all((c) => c.program === 'dconf', verb('reset'), flag('-f')),
      all((c) => c.program === 'dconf', verb('load')),
      all((c) => c.program === 'gsettings', verb('reset-recursively')),
      all((c) => c.program === 'defaults', verb('delete')),
    ),
    dimension: 'blast_radius',
    points: 4,
    message: 'sets many settings back, or removes them',
    matches: ['dconf reset -f /', 'gsettings reset-recursively org.a', 'defaults delete com.a'],
    not_matches: ['dconf reset /a/b', 'gsettings get org.a b', 'defaults read com.a'],
  },
  {
    id: 'changes-settings',
    programs:
      'hostname hostnamectl timedatectl localectl date hwclock loadkeys setxkbmap xset xrandr setfont stty dconf gsettings defaults xdg-mime xdg-settings tzselect chvt setterm powerprofilesctl cpupower cpufreq-set tlp nvidia-smi amixer pactl brightnessctl bluetoothctl lpadmin cancel lprm lpr lp swapon ulimit screen tmux zellij byobu light fc-cache update-desktop-database update-mime-database xmodmap xinput locale-gen dpkg-reconfigure quotaon setquota edquota logrotate depmod adjtimex',
    when: any(
      all(
        (c) =>
          /^(hostname|loadkeys|setfont|lpr|lp|lprm|cancel|lpadmin|swapon|tzselect|chvt|locale-gen|setquota|edquota|logrotate|depmod|xmodmap)$/.test(
            c.program,
          ),
        any(hasTarget, isPipedInto, flag('-f', '-a')),
      ),
      verbLike(
        /^(set-.*|set|write|reset|delete|install|enable|disable|default|load|import|on|off|pair|connect|remove|power|up|down|mode)$/,
      ),
      flag('-s', '--set', '--systohc', '--hctosys', '-w', '-u', '--output', '-X'),
      all(
        (c) => /^(screen|tmux|zellij|byobu)$/.test(c.program),
        not(flag('-ls', '-list', '-V')),
        not(verb('ls', 'list-sessions', 'info', 'list-keys', 'show')),
      ),
    ),
    dimension: 'write',
    points: 3,
    message: 'changes settings of the machine or the session',
    matches: ['hostnamectl set-hostname a', 'date -s 2020-01-01', 'tmux kill-session'],
    not_matches: ['hostname', 'date', 'localectl status', 'date +%s'],
  },
];
