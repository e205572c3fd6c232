import { access, constants, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installPackages } from './install.ts';
import { arePrograms, type Program } from './program.ts';

// Debian keeps the server's programs out of PATH, one directory for each version.
const DEBIAN = '/usr/lib/postgresql';
const CLUSTERS = '/etc/postgresql-common/createcluster.conf';

/** Whether the server's programs are installed, on PATH or where Debian puts them. */
async function hasPostgres(): Promise<boolean> {
  if (await arePrograms('initdb', 'postgres')) return true;
  const versions = await readdir(DEBIAN).catch(() => []);
  const servers = versions.map((version) => canRun(join(DEBIAN, version, 'bin', 'postgres')));
  return (await Promise.all(servers)).includes(true);
}

const canRun = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/** PostgreSQL's server. */
export const POSTGRES: Program = {
  name: 'PostgreSQL',
  page: 'https://www.postgresql.org/download/',
  commands: {
    debian: 'apt-get install -y postgresql',
    ubuntu: 'apt-get install -y postgresql',
    fedora: 'dnf install -y postgresql-server',
    arch: 'pacman -S --noconfirm postgresql',
    alpine: 'apk add postgresql',
    suse: 'zypper install -y postgresql-server',
  },
  isInstalled: hasPostgres,
  async install(to) {
    await installPackages(['postgresql-common'], to);
    await makeNoCluster(CLUSTERS);
    await installPackages(['postgresql'], to);
  },
};

/** Keeps the server's package from making a database of its own and starting a server for it. */
export async function makeNoCluster(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const kept = text.split('\n').filter((line) => !/^\s*create_main_cluster\b/.test(line));
  await writeFile(file, [...kept, 'create_main_cluster = false', ''].join('\n'));
}
