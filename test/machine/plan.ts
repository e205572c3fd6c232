/** What an engine answered when it was asked for its version. `architecture` is Docker's word: `amd64`, `arm64`. */
export type EngineAnswer =
  | { readonly kind: 'ready'; readonly version: string; readonly architecture: string }
  | { readonly kind: 'denied' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'broken'; readonly reason: string };

/** What of a machine decides how it gets an engine. */
export interface MachineFacts {
  readonly engine: EngineAnswer;
  /** DOCKER_HOST as it is set; the operator has chosen, so nothing else is put in its place. */
  readonly dockerHost: string | undefined;
  readonly platform: string;
  /** ID and ID_LIKE of os-release. */
  readonly systems: ReadonlySet<string>;
  readonly root: boolean;
  readonly user: string;
  /** The engine's program is installed. */
  readonly installed: boolean;
}

/** How the machine gets an engine, or why it cannot and the command to type. */
export type EnginePlan =
  | { readonly kind: 'use' }
  | { readonly kind: 'start'; readonly install: boolean }
  | { readonly kind: 'refuse'; readonly message: string; readonly mend: string };

/** Decides how this machine gets a usable engine. */
export function planEngine(facts: MachineFacts): EnginePlan {
  const { engine } = facts;
  if (engine.kind === 'ready') return { kind: 'use' };
  if (facts.dockerHost !== undefined)
    return refuse(`no container engine answers at DOCKER_HOST=${facts.dockerHost}`, 'unset DOCKER_HOST');
  if (engine.kind === 'denied')
    return refuse(
      `${facts.user} may not use the container engine`,
      `sudo usermod -aG docker ${facts.user} && newgrp docker`,
    );
  if (engine.kind === 'broken')
    return refuse(`the container engine does not answer: ${engine.reason}`, 'docker version');
  if (facts.platform !== 'linux') return refuse('no container engine is running', 'open -a Docker');
  if (facts.root && facts.installed) return { kind: 'start', install: false };
  if (facts.root && isDebian(facts.systems)) return { kind: 'start', install: true };
  if (facts.installed) return refuse('the container engine is not running', START);
  return refuse('no container engine is installed', installCommand(facts.systems, facts.root));
}

const START = 'sudo service docker start';

const refuse = (message: string, mend: string): EnginePlan => ({ kind: 'refuse', message, mend });

/** Whether apt and Debian's names of packages are to be expected. */
function isDebian(systems: ReadonlySet<string>): boolean {
  return systems.has('debian') || systems.has('ubuntu');
}

function installCommand(systems: ReadonlySet<string>, root: boolean): string {
  const command = INSTALL.find(([system]) => systems.has(system))?.[1];
  if (command === undefined) return 'xdg-open https://docs.docker.com/engine/install/';
  return root ? command : command.replaceAll(/(^|&& )/g, '$1sudo ');
}

const INSTALL: readonly (readonly [system: string, command: string])[] = [
  ['debian', 'apt-get install -y docker.io'],
  ['ubuntu', 'apt-get install -y docker.io'],
  ['fedora', 'dnf install -y moby-engine && systemctl start docker'],
  ['arch', 'pacman -S --noconfirm docker && systemctl start docker'],
  ['alpine', 'apk add docker && rc-service docker start'],
  ['suse', 'zypper install -y docker && systemctl start docker'],
];

/** Reads os-release(5): the words of ID and ID_LIKE, in lower case. */
export function parseOsRelease(text: string): ReadonlySet<string> {
  const words = text.split('\n').flatMap((line) => {
    const [, value] = /^(?:ID|ID_LIKE)=(.*)$/.exec(line.trim()) ?? [];
    return (value ?? '').replaceAll(/["']/g, '').toLowerCase().split(/\s+/);
  });
  return new Set(words.filter((word) => word !== ''));
}

/** An image as it should be and as the engine has it: digests of what it is made from, null when unknown. */
export interface ImageState {
  readonly name: string;
  readonly wanted: string;
  readonly found: string | null;
}

/** What is to be done for the images, in order. */
export type ImageStep = { readonly kind: 'base' } | { readonly kind: 'build'; readonly name: string };

/** Decides what to build; the base is wanted only for that. */
export function planImages(images: readonly ImageState[], basePresent: boolean): readonly ImageStep[] {
  const builds = images
    .filter((image) => image.found !== image.wanted)
    .map((image): ImageStep => ({ kind: 'build', name: image.name }));
  return builds.length > 0 && !basePresent ? [{ kind: 'base' }, ...builds] : builds;
}

/** How a base image that cannot be pulled is stood in for. */
export type StandInPlan =
  | { readonly kind: 'make'; readonly install: boolean }
  | { readonly kind: 'refuse'; readonly mend: string };

/** Decides how a stand-in is made; `installed` says whether mmdebstrap is. */
export function planStandIn(facts: {
  readonly installed: boolean;
  readonly root: boolean;
  readonly systems: ReadonlySet<string>;
}): StandInPlan {
  if (facts.installed) return { kind: 'make', install: false };
  if (!isDebian(facts.systems)) return { kind: 'refuse', mend: `docker pull ${BASE_TAG}` };
  if (facts.root) return { kind: 'make', install: true };
  return { kind: 'refuse', mend: 'sudo apt-get install -y mmdebstrap uidmap debian-archive-keyring' };
}

/** How the tests get a program that they start; without one, only those fail that need it. */
export type ProgramPlan =
  | { readonly kind: 'use' }
  | { readonly kind: 'install' }
  | { readonly kind: 'leave'; readonly mend: string };

/** Where a program is to be had: its page, and the command for each system that has a package of it. */
export interface Source {
  readonly page: string;
  readonly commands: Readonly<Record<string, string>>;
}

/** Decides how this machine gets a program that tests start. */
export function planProgram(
  { page, commands }: Source,
  facts: { readonly installed: boolean; readonly root: boolean; readonly systems: ReadonlySet<string> },
): ProgramPlan {
  if (facts.installed) return { kind: 'use' };
  if (facts.root && isDebian(facts.systems)) return { kind: 'install' };
  const command = Object.entries(commands).find(([system]) => facts.systems.has(system))?.[1];
  if (command === undefined) return { kind: 'leave', mend: `xdg-open ${page}` };
  return { kind: 'leave', mend: facts.root ? command : `sudo ${command}` };
}

/** What every image of ours is made from. */
export const BASE_TAG = 'debian:bookworm-slim';
