import { all, any, asksOnly, flag, not, verb, word } from './conditions.ts';
import type { Rule } from './rule.ts';

export const USERS: readonly Rule[] = [
  {
    id: 'privileged',
    programs: '',
    when: (c) => c.depth === 0 && c.via.some((v) => /^(sudo|doas|pkexec)$/.test(v)),
    dimension: 'blast_radius',
    points: 3,
    message: 'runs with the rights of the administrator',
    matches: ['sudo ls', 'doas cat a'],
    not_matches: ['ls', 'echo sudo ls'],
  },
  {
    id: 'becomes-other-user',
    programs:
      'su sudo doas runuser login newgrp sg pkexec machinectl visudo chroot unshare nsenter capsh setpriv',
    when: any(
      all(
        not(asksOnly),
        (c) => c.program !== 'sudo' || !/^(-l|-ll|--list|-k|-K|-v|-h)$/.test(c.args[0]?.text ?? ''),
      ),
      all((c) => c.program === 'sudo', flag('-e')),
    ),
    dimension: 'credential',
    points: 5,
    message: 'becomes another user or leaves its confinement',
    opaque: true,
    matches: ['su -', 'su -l', 'sudo -i', 'sudo su', 'visudo', 'unshare -r'],
    not_matches: ['sudo -l', 'sudo ls'],
  },
  {
    id: 'runs-in-other-namespace',
    programs: '',
    when: (c) => c.via.some((v) => /^(unshare|nsenter|chroot|capsh|setpriv)$/.test(v)),
    dimension: 'credential',
    points: 4,
    message: 'runs with another root, other rights or another view of the machine',
    matches: ['unshare -r sh -c mount', 'nsenter -t 1 -m ls', 'chroot /mnt ls'],
    not_matches: ['ls', 'lsns'],
  },
  {
    id: 'lists-privileges',
    programs: 'sudo',
    when: flag('-l', '-ll', '--list'),
    dimension: 'credential',
    points: 3,
    message: 'asks what it may do as another user',
    matches: ['sudo -l'],
    not_matches: ['sudo ls -l'],
  },
  {
    id: 'changes-users',
    programs:
      'useradd adduser userdel deluser usermod groupadd addgroup groupdel delgroup groupmod gpasswd passwd chpasswd chsh chfn chage vipw vigr pwconv newusers pw dscl sysadminctl smbpasswd htpasswd kadmin kadmin.local faillock pam_tally2 newuidmap dsimport pwck userdbctl ssh-import-id authselect authconfig realm net',
    when: all(
      not(asksOnly),
      not(all((c) => c.program === 'passwd', flag('-S --status'))),
      not(all((c) => c.program === 'chage', flag('-l --list'))),
      not(verb('. -list', '. list', '. read', '. -read', 'usershow', 'list')),
    ),
    dimension: 'credential',
    points: 4,
    message: 'changes users, groups or passwords',
    matches: ['useradd bob', 'passwd bob', 'usermod -aG sudo bob', 'chpasswd', 'passwd -l root'],
    not_matches: ['passwd --status bob', 'id bob'],
  },
  {
    id: 'gives-admin-rights',
    programs: 'useradd adduser usermod gpasswd addgroup pw dscl',
    when: all(
      word(/^(-?(aG|G|g|o)?=?.*\b(sudo|wheel|admin|root|docker)\b.*|0)$/),
      any(flag('-G', '-aG', '-g', '-a', '-o', '--groups', '--gid', '-u'), (c) => c.operands.length > 1),
    ),
    dimension: 'credential',
    points: 7,
    message: 'gives a user the rights of the administrator',
    matches: ['usermod -aG sudo bob', 'useradd -g 0 -M butter', 'gpasswd -a bob docker'],
    not_matches: ['useradd bob', 'usermod -aG video bob'],
  },
];
