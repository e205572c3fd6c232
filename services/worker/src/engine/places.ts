/** Where the engine of a worker's own keeps things. */
export interface EnginePlaces {
  /** Made anew at each start, so that nothing of an engine that was killed is taken for a living one. */
  readonly run: string;
  readonly socket: string;
  readonly data: string;
  /** An operator's own configuration of the engine, such as other OCI runtimes; need not be there. */
  readonly configuration: string;
  /** The archives of images that come with it. */
  readonly images: string;
}

/** Its places in a worker's container. */
export const ENGINE_PLACES: EnginePlaces = {
  run: '/run/drylane',
  socket: '/run/drylane/engine.sock',
  data: '/var/lib/docker',
  configuration: '/etc/drylane/engine.json',
  images: '/opt/drylane/images',
};

/** The engine's arguments: no bridge and no rules of a firewall, as no rehearsal has a network. */
export function engineArguments(
  { run, socket, data, configuration }: EnginePlaces,
  configured: boolean,
): readonly string[] {
  return [
    `--host=unix://${socket}`,
    `--data-root=${data}`,
    `--exec-root=${run}/exec`,
    `--pidfile=${run}/engine.pid`,
    '--bridge=none',
    '--iptables=false',
    '--ip6tables=false',
    '--ip-forward=false',
    '--userland-proxy=false',
    // Without overlay it must not start: any other driver copies every image for every rehearsal.
    '--storage-driver=overlay2',
    '--log-level=error',
    ...(configured ? [`--config-file=${configuration}`] : []),
  ];
}

/**
 * Whether a line that the engine wrote is worth a line of ours: what its parts say of every container that comes and
 * goes is not, whatever the engine's own level is. What has no level is what it says before it gives up.
 */
export function isNotable(line: string): boolean {
  return !/^time="[^"]*" level=(debug|info|warning)\b/.test(line);
}
