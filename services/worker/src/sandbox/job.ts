import { VariableName } from '@drylane/proto/envelope';
import type { SandboxSpec } from './sandbox.ts';

/**
 * What the runner reads, as text for its own shell: exports the environment, and sets its arguments to where the command
 * runs, the shell, the command and, where there is one, the command with step markers. All of it is quoted: none of it
 * is anything but a word to the shell that reads it. @throws for a variable that has no name.
 */
export function jobText({
  env,
  workingDir,
  shell,
  command,
  wrapped,
}: Pick<SandboxSpec, 'env' | 'workingDir' | 'shell' | 'command' | 'wrapped'>): string {
  const exports = Object.entries(env).map(
    ([name, value]) => `export ${VariableName.parse(name)}=${quoted(value)}\n`,
  );
  const words = [workingDir, shell, command, ...(wrapped === null ? [] : [wrapped])];
  return `${exports.join('')}set -- ${words.map(quoted).join(' ')}\n`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
