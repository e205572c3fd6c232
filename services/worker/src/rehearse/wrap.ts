import type { ShellName, Step, StepPlan } from '@drylane/proto/steps';

/** The two FIFOs by which a marker reports and waits, by absolute path as the shell sees them. */
export interface MarkerPaths {
  readonly events: string;
  readonly ack: string;
}

/**
 * Puts an end marker behind each marked step, on the step's own line, so that line numbers in messages stay
 * right. After each such step the shell writes `s INDEX STATUS -FLAGS [PIPESTATUS…]` to `events`, and goes on when
 * it has read a line from `ack`. `plan` is what splitSteps made of this very command; an opaque one, or one
 * without a marked step, leaves the text as it is.
 *
 * There is no begin marker: it would either change `$?` for the step or, returning it, trip `set -e`.
 */
export function wrapSteps(command: string, plan: StepPlan, paths: MarkerPaths): string {
  if (plan.opaque || !plan.steps.some((step) => step.marked)) return command;
  let wrapped = PREAMBLE[plan.shell](quote(paths.events), quote(paths.ack));
  let from = 0;
  for (const step of plan.steps) {
    if (!step.marked) continue;
    const start = step.span[0];
    const end = pastContinuations(command, step.span[1]);
    wrapped += `${command.slice(from, start)}{ ${command.slice(start, end)}; ${MARKER[plan.shell](step)}; }`;
    if (command[end] === '#') wrapped += ' ';
    from = end;
  }
  return wrapped + command.slice(from);
}

// Builtins only, and none that a function of the command could stand in for. Nothing here depends on IFS, noclobber,
// `set -u` or TMOUT. `>>` opens a FIFO whatever noclobber says.
const PREAMBLE: Readonly<Record<ShellName, (events: string, ack: string) => string>> = {
  bash: (events, ack) =>
    '__drylane_end() { builtin local __drylane_line; ' +
    `builtin printf -v __drylane_line ' %s' "\${@:1:$#-1}"; ` +
    `builtin printf 's%s\\n' "$__drylane_line" >>${events}; ` +
    `builtin read -r -t 99999 __drylane_line <${ack}; builtin return "$2"; }; `,
  sh: (events, ack) =>
    '__drylane_end() { local __drylane_line; ' +
    `command printf 's %s %s %s\\n' "$1" "$2" "$3" >>${events}; ` +
    `command read -r __drylane_line <${ack}; return "$2"; }; `,
};

// The marker fails as the step did. As the left side of `&&` that does not trip `set -e`, which has had its say
// about the step itself; `[[ 0 ]]` and `:` then succeed. `$_` goes last, because a call leaves its last argument there.
const MARKER: Readonly<Record<ShellName, (step: Step) => string>> = {
  bash: ({ index, pipeStatus }) => {
    const pipes = pipeStatus === 'reported' ? ` "\${PIPESTATUS[@]}"` : '';
    return `__drylane_end ${index} "$?" "-$-"${pipes} "\${_-}" && [[ 0 ]]`;
  },
  sh: ({ index }) => `__drylane_end ${index} "$?" "-$-" && :`,
};

/** A command's line number is that of the line its last blank stands on, so continued lines stay inside the group. */
function pastContinuations(command: string, end: number): number {
  const blanks = /(?:[ \t]*\\\n)+[ \t]*/y;
  blanks.lastIndex = end;
  return blanks.test(command) ? blanks.lastIndex : end;
}

function quote(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}
