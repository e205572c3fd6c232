import { DrylaneError } from '@drylane/proto/errors';
import type Docker from 'dockerode';
import { type Gate, openGate } from '../gate/gate.ts';
import type { ControlChannel } from './control.ts';
import type { LivingContainer } from './look.ts';
import type { SandboxSpec } from './sandbox.ts';

/** A container whose runner waits for what the command is given. */
interface Waiting {
  readonly container: Docker.Container;
  readonly control: ControlChannel;
  readonly spec: SandboxSpec;
}

interface Equipping {
  /** Whether the container is being ended: then nothing begins any more. */
  readonly isOver: () => boolean;
  /** Is told of the gate as soon as there is one to be closed. */
  readonly gateStands: (gate: Gate) => void;
}

/** Opens the gate of a live run, says that it begins, and gives the command its credentials: in this order. */
export async function equipCommand(
  { container, control, spec: { credentials, live } }: Waiting,
  living: Promise<LivingContainer | undefined>,
  { isOver, gateStands }: Equipping,
): Promise<void> {
  if (live !== null) {
    if (live.network.length > 0) {
      const pid = (await living)?.firstPid;
      if (pid === undefined) throw new DrylaneError('sandbox-failed', NOT_FOUND);
      gateStands(await openGate({ ...live, owner: { pid, container: container.id } }));
    }
    if (isOver()) return;
    await live.begin();
  }
  await control.give(credentials);
}

const NOT_FOUND = {
  field: 'sandbox',
  message: 'the container that was just started cannot be found among this machine’s processes',
  mend: 'run drylane on the engine’s host, or see: drylane doctor',
};
