import type Docker from 'dockerode';
import type { ControlChannel, ControlListener } from './control.ts';
import { engineFault } from './engine.ts';
import { layersOf } from './layer.ts';
import { findLiving, type LivingContainer } from './look.ts';

/** A container that was started, and whose runner waits for a job or is about to. */
export interface Standing {
  readonly container: Docker.Container;
  readonly control: ControlChannel;
  /** Its first process and control groups; undefined where they are not surely its own. */
  readonly living: Promise<LivingContainer | undefined>;
  /** The directory of its own files, where the engine keeps them in one. */
  readonly upper: Promise<string | undefined>;
  /** Resolves when its runner waits for a job. */
  readonly waits: Promise<void>;
  /** Resolves when the engine says that it has ended. */
  readonly ended: Promise<void>;
  /** Whether it said anything but that it waits, without having a job. */
  readonly isSpoilt: boolean;
  /** Whom it tells from now on; one that is spoilt says so at once. */
  listen(ear: ControlListener): void;
}

/**
 * Starts a container and hears it from its first byte on. @throws DrylaneError where the engine refuses.
 */
export async function standUp(container: Docker.Container, control: ControlChannel): Promise<Standing> {
  const waits = Promise.withResolvers<void>();
  waits.promise.catch(() => undefined);
  let isSpoilt = false;
  const early = (): void => {
    isSpoilt = true;
    waits.reject(new Error('it said something before it had a job'));
  };
  let ear: ControlListener = {
    report: early,
    trace: early,
    output: early,
    marker: async () => {
      early();
      return false;
    },
    flood: early,
  };
  control.listen({
    report(report, atMs) {
      if (report.kind === 'opened') waits.resolve();
      else ear.report(report, atMs);
    },
    trace: (chunk) => ear.trace(chunk),
    output: (stream, chunk) => ear.output(stream, chunk),
    marker: (line, atMs) => ear.marker(line, atMs),
    flood: () => ear.flood(),
  });
  await container.start().catch((cause: unknown) => {
    throw engineFault('sandbox', cause);
  });
  const running = container.inspect();
  const living = running.then(({ Id, State }) => findLiving(Id, State.Pid)).catch(() => undefined);
  const upper = running.then((info) => layersOf(info)?.upper);
  const ended = container.wait().then(() => undefined);
  for (const promise of [upper, ended]) promise.catch(() => undefined);
  return {
    ...{ container, control, living, upper, waits: waits.promise, ended },
    get isSpoilt() {
      return isSpoilt;
    },
    listen(next) {
      ear = next;
      if (isSpoilt) ear.flood();
    },
  };
}
