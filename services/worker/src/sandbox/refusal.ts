import { DrylaneError } from '@drylane/proto/errors';
import type { Refusal } from './protocol.ts';

/** What to say when a container was there and the command was not run in it. */
export function refusal(why: Refusal | 'tracer'): DrylaneError {
  const { code, ...problem } = REFUSALS[why];
  return new DrylaneError(code, problem);
}

const REFUSALS = {
  uncovered: {
    code: 'machine-unfit',
    field: 'workspace',
    message: 'the container does not see the copy-on-write view of the workspace, so nothing was run',
    mend: 'run the engine in the same mount namespace as drylane, or see: drylane doctor',
  },
  buried: {
    code: 'bad-input',
    field: 'image',
    message: 'it keeps a volume inside the workspace, where no change would be seen, so nothing was run',
    mend: 'use an image without that VOLUME, or let the workspace stand elsewhere',
  },
  exposed: {
    code: 'machine-unfit',
    field: 'tracer',
    message: 'processes may look into a program that they may not read, so nothing was run',
    mend: 'set the kernel back to its default on the engine’s host: sysctl fs.suid_dumpable=0',
  },
  tracer: {
    code: 'machine-unfit',
    field: 'tracer',
    message: 'the tracer did not start, so nothing was run',
    mend: 'the engine must let containers call ptrace (sysctl kernel.yama.ptrace_scope below 2); see: drylane doctor',
  },
  company: {
    code: 'bad-input',
    field: 'image',
    message: 'its shell started a process when it was only to read the command, so nothing was run',
    mend: 'use an image with an ordinary shell',
  },
  place: {
    code: 'bad-input',
    field: 'working_dir',
    message: 'the owner of the workspace cannot enter it, so nothing was run',
    mend: 'choose another directory, or mend its mode',
  },
  shell: {
    code: 'bad-input',
    field: 'shell',
    message: 'the image has no such shell, so nothing was run',
    mend: 'choose another image, or --shell sh',
  },
} as const;
