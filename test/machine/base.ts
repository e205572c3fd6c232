import { appendFileSync, createReadStream } from 'node:fs';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import type Docker from 'dockerode';
import { type Environment, failed, findProgram, mustRun } from './command.ts';
import { readEvents } from './events.ts';
import { installPackages } from './install.ts';
import { planStandIn } from './plan.ts';
import type { Say } from './say.ts';

const PULL_SILENCE_MS = 20_000;
const IMPORT_SILENCE_MS = 300_000;

/** What making a base image takes. `script` writes a root filesystem: `script ARCHITECTURE FILE`. */
export interface BaseSettings {
  readonly docker: Docker;
  readonly say: Say;
  readonly tag: string;
  readonly architecture: string;
  readonly script: string;
  readonly scratch: string;
  readonly env: Environment;
  readonly log: string;
  readonly root: boolean;
  readonly systems: ReadonlySet<string>;
}

/** Pulls the base image or, where there is no hub, makes a stand-in under the same name. */
export async function provideBase(settings: BaseSettings): Promise<void> {
  const { docker, say, tag, log } = settings;
  const trouble = await say.during(`pulling ${tag}`, () => pullImage(docker, tag, log));
  if (trouble === null) return;
  const plan = planStandIn({ ...settings, installed: (await findProgram('mmdebstrap')) !== null });
  if (plan.kind === 'refuse')
    throw new DrylaneError('machine-unfit', {
      field: 'base image',
      message: `${tag} cannot be pulled: ${trouble}`,
      mend: plan.mend,
    });
  if (plan.install)
    await say.during('no hub answers: installing mmdebstrap', () =>
      installPackages(['mmdebstrap', 'debian-archive-keyring'], settings),
    );
  await say.during(`no hub answers: making a stand-in for ${tag}`, () => makeStandIn(settings));
}

/** Pulls an image; answers null, or why it could not. Twenty seconds without a sign of life end it. */
export async function pullImage(docker: Docker, tag: string, log: string): Promise<string | null> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PULL_SILENCE_MS);
  try {
    const reports = await docker.pull(tag, { abortSignal: patience.signal });
    clearTimeout(timer);
    const onText = (text: string) => appendFileSync(log, text);
    await readEvents(reports, { idleMs: PULL_SILENCE_MS, onText });
    await docker.getImage(tag).inspect();
    return null;
  } catch (error) {
    const why = error instanceof Error ? error.message : 'no reason given';
    appendFileSync(log, `pulling ${tag}: ${why}\n`);
    return why;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Makes a root filesystem with the script and imports it under the tag. It goes through a file, so that a script that
 * fails half-way leaves no image.
 */
export async function makeStandIn(
  settings: Pick<BaseSettings, 'docker' | 'tag' | 'architecture' | 'script' | 'scratch' | 'env' | 'log'>,
): Promise<void> {
  const { docker, tag, architecture, script, env, log } = settings;
  const doing = `making a stand-in for ${tag}`;
  const archive = join(settings.scratch, 'base.tar');
  await mustRun({ program: script, args: [architecture, archive], env, log }, doing);
  try {
    const [repo, name] = tag.split(':');
    const changes = ['CMD ["bash"]', 'LABEL dev.drylane.stand-in=true'];
    const reports = await docker.importImage(createReadStream(archive), { repo, tag: name, changes });
    await readEvents(reports, {
      idleMs: IMPORT_SILENCE_MS,
      onText: (text) => appendFileSync(log, text),
    });
    await docker.getImage(tag).inspect();
  } catch (cause) {
    throw failed(doing, cause instanceof Error ? cause.message : 'no reason given', log, cause);
  }
}
