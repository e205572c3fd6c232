import { DrylaneError } from '@drylane/proto/errors';
import Docker from 'dockerode';

/** A connection to the container engine; DOCKER_HOST and its relatives are honoured by dockerode. */
export type Engine = Docker;

/** Opens the engine and asks it for a sign of life. @throws DrylaneError `machine-unfit` that says what to type. */
export async function connectEngine(options?: Docker.DockerOptions): Promise<Engine> {
  const engine = new Docker(options);
  try {
    await engine.ping();
  } catch (cause) {
    throw new DrylaneError('machine-unfit', engineProblem(cause), { cause });
  }
  return engine;
}

function engineProblem(cause: unknown): { field: string; message: string; mend: string } {
  const code = (cause as { code?: string }).code;
  if (code === 'EACCES' || code === 'EPERM')
    return {
      field: 'engine',
      message: 'the container engine is there, but this user may not use it',
      mend: 'join the docker group: sudo usermod -aG docker "$USER", then log in again',
    };
  return {
    field: 'engine',
    message: 'no container engine answers',
    mend: 'start it (sudo systemctl start docker), or in a checkout of drylane: npm run machine',
  };
}

/** An image as it stands in the engine now. */
export interface FoundImage {
  /** A digest of its configuration and layers. */
  readonly id: string;
  /** The directories that it keeps out of a container's own files. */
  readonly volumes: readonly string[];
}

/** Asks for an image by its name. @throws DrylaneError `machine-unfit` where the engine has none. */
export async function findImage(engine: Engine, name: string): Promise<FoundImage> {
  try {
    const { Id, Config } = await engine.getImage(name).inspect();
    return { id: Id, volumes: Object.keys(Config.Volumes ?? {}).sort() };
  } catch (cause) {
    if (!isNotFound(cause)) throw engineFault('image', cause);
    const ours = name.startsWith('drylane/');
    throw new DrylaneError('machine-unfit', {
      field: 'image',
      message: `the engine has no image ${name}`,
      mend: ours ? 'make it, in a checkout of drylane: npm run machine' : `docker pull ${name}`,
    });
  }
}

/** Makes sure that the engine has an OCI runtime of this name. */
export async function findRuntime(engine: Engine, name: string): Promise<void> {
  const { Runtimes } = (await engine.info()) as { readonly Runtimes?: Readonly<Record<string, unknown>> };
  const names = Object.keys(Runtimes ?? {});
  if (names.includes(name)) return;
  throw new DrylaneError('machine-unfit', {
    field: 'runtime',
    message: `the engine has no OCI runtime ${name}`,
    mend: `use one of: ${names.join(', ')}; or add it to the engine’s configuration`,
  });
}

/** Whether the engine answered that it knows nothing by that name. */
export function isNotFound(cause: unknown): boolean {
  return (cause as { statusCode?: number }).statusCode === 404;
}

/** An engine's refusal as one of our errors, its own words kept. */
export function engineFault(field: string, cause: unknown): DrylaneError {
  if (cause instanceof DrylaneError) return cause;
  const { code, json, message } = cause as { code?: string; json?: { message?: string }; message?: string };
  if (code === 'ECONNREFUSED' || code === 'ENOENT' || code === 'ECONNRESET')
    return new DrylaneError('machine-unfit', engineProblem(cause), { cause });
  return new DrylaneError(
    'sandbox-failed',
    {
      field,
      message: `the engine refused: ${json?.message ?? message ?? 'no reason given'}`,
      mend: 'see what works here: drylane doctor',
    },
    { cause },
  );
}
