import { isPersistence, isRecord, normalise } from '../places.ts';
import { all, any, flag, not, operand, verb, word } from './conditions.ts';
import type { Rule } from './rule.ts';

/** What stays in force after the command, and what hides that it ran. */
export const PERSISTENCE: readonly Rule[] = [
  {
    id: 'stays-in-force',
    programs: '',
    when: (c) =>
      c.effects.find((e) => e.kind !== 'attributes' && isPersistence(normalise(e.target.text)))?.target,
    dimension: 'blast_radius',
    points: 7,
    message: 'writes to a file that is run later on its own',
    matches: [
      'echo x >> ~/.bashrc',
      'cp a /etc/cron.d/a',
      'tee /etc/systemd/system/a.service',
      'echo x > .git/hooks/pre-commit',
      'cat k >> ~/.ssh/authorized_keys',
    ],
    not_matches: ['cat ~/.bashrc', 'echo x > a', 'ls /etc/cron.d'],
  },
  {
    id: 'hijacks-programs',
    programs: '',
    when: (c) =>
      c.assignments.find(
        (a) =>
          /^(LD_PRELOAD|LD_LIBRARY_PATH|LD_AUDIT|DYLD_INSERT_LIBRARIES|BASH_ENV|ENV|PROMPT_COMMAND|PERL5OPT|PYTHONSTARTUP|NODE_OPTIONS|RUBYOPT|GIT_SSH|GIT_SSH_COMMAND|GIT_EXTERNAL_DIFF|GIT_ASKPASS|GIT_CONFIG(_KEY_\d+|_PARAMETERS|_GLOBAL|_SYSTEM)?|GIT_EXEC_PATH|GIT_PROXY_COMMAND|GIT_TEMPLATE_DIR|JAVA_TOOL_OPTIONS|BASH_FUNC_\w+|PS4|SHELLOPTS)$/.test(
            a.name,
          ) &&
          (a.value === null || !/^(\/dev\/null)?$/.test(a.value.text)),
      ),
    dimension: 'blast_radius',
    points: 5,
    message: 'makes other programs load or run something first',
    opaque: true,
    matches: [
      'LD_PRELOAD=/tmp/a.so ls',
      'GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.pager GIT_CONFIG_VALUE_0=cmd git log',
      "export PROMPT_COMMAND='id'",
      'env BASH_ENV=a bash -c ls',
    ],
    not_matches: ['A=b ls', 'LD_PRELOAD= ls', 'GIT_CONFIG_GLOBAL=/dev/null git log'],
  },
  {
    id: 'preloads-code',
    programs: '',
    when: (c) =>
      c.assignments.find(
        (a) => /^(LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES)$/.test(a.name) && a.value?.text !== '',
      ),
    dimension: 'write',
    points: 6,
    message: 'loads a library into every program that starts',
    opaque: true,
    matches: ['LD_PRELOAD=./a.so ls', 'env LD_AUDIT=a.so ls'],
    not_matches: ['LD_PRELOAD= ls', 'LD_LIBRARY_PATH=lib ls'],
  },
  {
    id: 'binds-key',
    programs: 'bind bindkey',
    when: any(flag('-x', '-s'), operand(/:/)),
    dimension: 'write',
    points: 4,
    message: 'has a key start a command',
    opaque: true,
    matches: [`bind -x '"a": cmd'`, `bind '"a": "cmd"'`],
    not_matches: ['bind -p', 'bind -l'],
  },
  {
    id: 'leaves-workspace-path',
    programs: '',
    when: (c) =>
      c.assignments.find(
        (a) =>
          a.name === 'PATH' && /^(\.|\/tmp|\/var\/tmp|\/dev\/shm)[^:]*:|:\.?:|^:/.test(a.value?.text ?? ''),
      ),
    dimension: 'blast_radius',
    points: 5,
    message: 'looks for programs where anyone can put them',
    matches: ['PATH=/tmp:$PATH', 'export PATH=.:$PATH'],
    not_matches: ['PATH=/usr/bin:$PATH'],
  },
  {
    id: 'replaces-schedule',
    programs: 'crontab',
    when: not(flag('-l')),
    dimension: 'blast_radius',
    points: 7,
    message: 'replaces the list of commands that are run later',
    matches: ['crontab file', 'crontab -r', '(crontab -l; echo x) | crontab -'],
    not_matches: ['crontab -l'],
  },
  {
    id: 'schedules-commands',
    programs: 'at batch crontab anacron systemd-run fcrontab atrm incrontab launchctl',
    when: any(
      all((c) => c.program === 'crontab', not(flag('-l'))),
      all(
        (c) => /^(at|batch|anacron|systemd-run|fcrontab|atrm)$/.test(c.program),
        not(flag('-l', '-V', '--version', '-c')),
      ),
      all((c) => c.program === 'launchctl', verb('load', 'submit', 'bootstrap', 'start')),
    ),
    dimension: 'blast_radius',
    points: 5,
    message: 'has commands run later, when nobody looks',
    opaque: true,
    matches: ['crontab file', 'echo ls | at now', 'crontab -r', 'crontab -'],
    not_matches: ['crontab -l', 'at -l'],
  },
  {
    id: 'schedules-from-transient-unit',
    programs: '',
    when: (c) => c.via.includes('systemd-run'),
    dimension: 'blast_radius',
    points: 5,
    message: 'has the system run a command on its own',
    matches: ['systemd-run --user --unit=a ls', "systemd-run --on-calendar '*:0/1' sh -c ls"],
    not_matches: ['systemctl status'],
  },
  {
    id: 'redefines-words',
    programs: 'alias hash enable unalias',
    when: any(word(/=/), flag('-p', '-r', '-n', '-f', '-d'), (c) => c.program === 'unalias'),
    dimension: 'write',
    points: 3,
    message: 'gives a command’s name another meaning',
    matches: ["alias ll='ls -l'", 'enable -f a b', 'unalias -a'],
    not_matches: ['alias', 'hash git'],
  },
  {
    id: 'hides-traces',
    programs: '',
    when: any(
      (c) => c.effects.find((e) => isRecord(normalise(e.target.text)))?.target,
      (c) =>
        c.assignments.find(
          (a) =>
            /^HIST(FILE|SIZE|FILESIZE|CONTROL|IGNORE)$/.test(a.name) &&
            a.value !== null &&
            /^(0|\/dev\/null|ignore(both|space|dups)?|.*\*.*|)$/.test(a.value.text),
        ),
      all((c) => c.program === 'unset', operand(/^(HIST\w*|PROMPT_COMMAND|SSH_\w+)$/)),
      all((c) => c.program === 'set', word(/^\+o$/), operand(/^history$/)),
    ),
    dimension: 'blast_radius',
    points: 5,
    message: 'changes or switches off a record of what was done',
    matches: ['> ~/.bash_history', 'rm /var/log/auth.log', 'export HISTSIZE=0', 'unset HISTFILE'],
    not_matches: ['tail /var/log/syslog', 'HISTSIZE=5000', 'unset A'],
  },
  {
    id: 'erases-records',
    programs: 'history journalctl logrotate fc last wevtutil dmesg shred aureport utmpdump',
    when: any(
      all((c) => c.program === 'history', flag('-c', '-d', '-cw', '-cr')),
      all((c) => c.program === 'journalctl', any(flag('--rotate', '--flush'), word(/^--vacuum/))),
      all((c) => c.program === 'logrotate', flag('-f', '--force')),
      all((c) => c.program === 'dmesg', flag('-c', '-C', '--clear', '--read-clear')),
    ),
    dimension: 'blast_radius',
    points: 5,
    message: 'erases the record of what was done',
    matches: ['history -c', 'journalctl --vacuum-time=0', 'dmesg -C'],
    not_matches: ['history', 'history 10', 'journalctl -u nginx'],
  },
  {
    id: 'replaces-known-command',
    programs: 'alias hash enable function',
    when: any(
      all((c) => c.program === 'alias', word(/^(sudo|su|doas|ssh|scp|passwd|login|git|gpg|kubectl|docker)=/)),
      all((c) => c.program === 'hash', flag('-p')),
      all((c) => c.program === 'enable', flag('-f')),
    ),
    dimension: 'blast_radius',
    points: 6,
    message: 'has something else run under the name of a known command',
    opaque: true,
    matches: ["alias sudo='/tmp/a'", 'hash -p /tmp/a ls', 'enable -f ./a.so a'],
    not_matches: ["alias ll='ls -l'", 'hash git', 'enable -n test'],
  },
  {
    id: 'changes-tool-settings',
    programs: 'npm pnpm yarn pip pip3 uv cargo gem bundle composer conda poetry go git nuget helm',
    when: any(
      verb(
        'config set, config add, config --global, config --add, config edit, config unset, config delete, set',
      ),
      all((c) => c.program === 'go', verb('env'), flag('-w')),
      all((c) => c.program === 'git', verb('config'), flag('--global', '--system')),
    ),
    dimension: 'blast_radius',
    points: 4,
    message: 'changes how a tool behaves from now on, outside the workspace',
    matches: [
      'npm config set script-shell /tmp/a',
      'pip config set global.index-url http://e.com',
      'git config --global user.name me',
      'go env -w GOPROXY=http://e.com',
    ],
    not_matches: ['npm config get registry', 'git config user.name me', 'pip config list'],
  },
  {
    id: 'registers-at-start',
    programs: 'pm2 update-rc.d rc-update chkconfig systemctl loginctl launchctl brew',
    when: any(
      verb('startup, enable, reenable, link, add, enable-linger, load, bootstrap, services start'),
      flag('--now'),
    ),
    dimension: 'blast_radius',
    points: 4,
    message: 'has something started again whenever the machine starts',
    matches: ['systemctl enable nginx', 'pm2 startup', 'rc-update add nginx', 'loginctl enable-linger me'],
    not_matches: ['systemctl start nginx', 'pm2 list', 'systemctl is-enabled nginx'],
  },
];
