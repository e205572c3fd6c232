import { type Environment, findProgram } from './command.ts';
import { planProgram, type Source } from './plan.ts';
import type { Say } from './say.ts';

/** Where Debian's packages are installed from and what that prints goes. */
interface Installing {
  readonly env: Environment;
  /** A file's path. */
  readonly log: string;
}

/** A program that tests start for themselves. */
export interface Program extends Source {
  /** What people call it. */
  readonly name: string;
  isInstalled(): Promise<boolean>;
  /** Installs it on Debian, as root, and leaves nothing running. */
  install(to: Installing): Promise<void>;
}

/** What making a program available takes. */
export interface ProgramSettings extends Installing {
  readonly say: Say;
  readonly root: boolean;
  readonly systems: ReadonlySet<string>;
}

/** Installs a program where that can be done here; says what to type where it cannot. */
export async function provide(program: Program, { say, env, log, ...facts }: ProgramSettings): Promise<void> {
  const plan = planProgram(program, { ...facts, installed: await program.isInstalled() });
  if (plan.kind === 'use') return;
  if (plan.kind === 'leave')
    return say.line(`${program.name} is not installed, and tests that need it will fail; type: ${plan.mend}`);
  await say.during(`installing ${program.name}`, () => program.install({ env, log }));
}

/** Whether all of these are on PATH. */
export async function arePrograms(...names: readonly string[]): Promise<boolean> {
  return (await Promise.all(names.map(findProgram))).every((found) => found !== null);
}
