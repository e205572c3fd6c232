import { access, constants, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Environment, findProgram } from './command.ts';
import { installPackages } from './install.ts';
import { planPostgres } from './plan.ts';
import type { Say } from './say.ts';

// Debian keeps the server's programs out of PATH, one directory for each version.
const DEBIAN = '/usr/lib/postgresql';
const CLUSTERS = '/etc/postgresql-common/createcluster.conf';

/** What making PostgreSQL available takes. */
export interface PostgresSettings {
  readonly say: Say;
  readonly env: Environment;
  readonly log: string;
  readonly root: boolean;
  readonly systems: ReadonlySet<string>;
}

/** Whether the server's programs are installed; tests start a server of their own with them. */
export async function hasPostgres(): Promise<boolean> {
  if ((await findProgram('initdb')) !== null && (await findProgram('postgres')) !== null) return true;
  const versions = await readdir(DEBIAN).catch(() => []);
  const servers = versions.map((version) => canRun(join(DEBIAN, version, 'bin', 'postgres')));
  return (await Promise.all(servers)).includes(true);
}

const canRun = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/** Installs PostgreSQL where that can be done here; says what to type where it cannot. */
export async function providePostgres({ say, env, log, ...facts }: PostgresSettings): Promise<void> {
  const plan = planPostgres({ ...facts, installed: await hasPostgres() });
  if (plan.kind === 'use') return;
  if (plan.kind === 'leave')
    return say.line(`PostgreSQL is not installed, and tests that need it will fail; type: ${plan.mend}`);
  await say.during('installing PostgreSQL', async () => {
    await installPackages(['postgresql-common'], { env, log });
    await makeNoCluster(CLUSTERS);
    await installPackages(['postgresql'], { env, log });
  });
}

/** Keeps the server's package from making a database of its own and starting a server for it. */
export async function makeNoCluster(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const kept = text.split('\n').filter((line) => !/^\s*create_main_cluster\b/.test(line));
  await writeFile(file, [...kept, 'create_main_cluster = false', ''].join('\n'));
}
