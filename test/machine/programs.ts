import { installPackages } from './install.ts';
import { POSTGRES } from './postgres.ts';
import { arePrograms, type Program } from './program.ts';
import { installWithoutService } from './service.ts';
import { SWIFT } from './swift.ts';

/** Redis's server. */
const REDIS: Program = {
  name: 'Redis',
  page: 'https://redis.io/docs/latest/operate/oss_and_stack/install/',
  commands: {
    debian: 'apt-get install -y redis-server',
    ubuntu: 'apt-get install -y redis-server',
    fedora: 'dnf install -y redis',
    arch: 'pacman -S --noconfirm redis',
    alpine: 'apk add redis',
    suse: 'zypper install -y redis',
  },
  isInstalled: () => arePrograms('redis-server'),
  install: (to) => installWithoutService('redis-server', to),
};

/** Prometheus's server, and the program that checks its rules. */
export const PROMETHEUS: Program = {
  name: 'Prometheus',
  page: 'https://prometheus.io/download/',
  commands: {
    debian: 'apt-get install -y prometheus',
    ubuntu: 'apt-get install -y prometheus',
    fedora: 'dnf install -y golang-github-prometheus',
    arch: 'pacman -S --noconfirm prometheus',
    alpine: 'apk add prometheus',
    suse: 'zypper install -y golang-github-prometheus-prometheus',
  },
  isInstalled: () => arePrograms('prometheus', 'promtool'),
  install: (to) => installWithoutService('prometheus', to),
};

/** The program `age`, that opens what is sealed to a recipient. */
const AGE: Program = {
  name: 'age',
  page: 'https://age-encryption.org',
  commands: {
    debian: 'apt-get install -y age',
    ubuntu: 'apt-get install -y age',
    fedora: 'dnf install -y age',
    arch: 'pacman -S --noconfirm age',
    alpine: 'apk add age',
    suse: 'zypper install -y age',
  },
  isInstalled: () => arePrograms('age'),
  install: (to) => installPackages(['age'], to),
};

/** What tests start besides containers. */
export const PROGRAMS: readonly Program[] = [POSTGRES, REDIS, SWIFT, PROMETHEUS, AGE];
