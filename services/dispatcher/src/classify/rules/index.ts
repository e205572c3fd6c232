import type { Invocation } from '../model.ts';
import { ARCHIVES } from './archives.ts';
import { CLOUD } from './cloud.ts';
import { CONTAINERS } from './containers.ts';
import { CREDENTIALS } from './credentials.ts';
import { DATABASES } from './databases.ts';
import { DISKS } from './disks.ts';
import { EVASION } from './evasion.ts';
import { FILES } from './files.ts';
import { FORGE } from './forge.ts';
import { asksForHelp } from './help.ts';
import { INTERPRETERS_RULES } from './interpreters.ts';
import { LOLBINS } from './lolbins.ts';
import { NETWORK } from './network.ts';
import { PACKAGES } from './packages.ts';
import { PERSISTENCE } from './persistence.ts';
import { REMOTE } from './remote.ts';
import type { Rule } from './rule.ts';
import { SHELL_RULES } from './shells.ts';
import { SYSTEM } from './system.ts';
import { TARGETS } from './targets.ts';
import { TEXT } from './text.ts';
import { unknownRules } from './unknown.ts';
import { USERS } from './users.ts';
import { VCS } from './vcs.ts';

const FAMILIES: readonly Rule[] = [
  ...FILES,
  ...TEXT,
  ...VCS,
  ...FORGE,
  ...PACKAGES,
  ...NETWORK,
  ...REMOTE,
  ...SYSTEM,
  ...DISKS,
  ...USERS,
  ...CONTAINERS,
  ...CLOUD,
  ...DATABASES,
  ...INTERPRETERS_RULES,
  ...ARCHIVES,
  ...SHELL_RULES,
  ...EVASION,
  ...CREDENTIALS,
  ...PERSISTENCE,
  ...LOLBINS,
  ...TARGETS,
];

const programsOf = (rule: Rule): string[] => rule.programs.split(/\s+/).filter((p) => p !== '');

const BY_NAME = byProgram(FAMILIES);

/** Every rule there is. A program that one of them names is known. */
export const RULES: readonly Rule[] = [
  ...FAMILIES,
  ...unknownRules({
    programs: new Set(BY_NAME.keys()),
    speaks: (c) =>
      (BY_NAME.get(c.program) ?? []).some(
        (rule) => !rule.whatever && (rule.when === undefined || rule.when(c)),
      ),
  }),
];

const EVERYWHERE: readonly Rule[] = RULES.filter((rule) => programsOf(rule).length === 0);
const ALL_BY_NAME: ReadonlyMap<string, readonly Rule[]> = new Map(
  [...BY_NAME].map(([program, rules]) => [program, [...rules, ...EVERYWHERE]]),
);

function byProgram(rules: readonly Rule[]): ReadonlyMap<string, readonly Rule[]> {
  const map = new Map<string, Rule[]>();
  for (const rule of rules)
    for (const program of new Set(programsOf(rule))) {
      const known = map.get(program);
      if (known === undefined) map.set(program, [rule]);
      else known.push(rule);
    }
  return map;
}

/** The rules that may speak about a command: those that name its program and those that look at every command. */
export function rulesFor(command: Invocation): readonly Rule[] {
  if (asksForHelp(command)) return EVERYWHERE;
  const { program } = command;
  return ALL_BY_NAME.get(program.startsWith('mkfs') ? 'mkfs' : program) ?? EVERYWHERE;
}
