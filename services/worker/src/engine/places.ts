/** Where the engine of a worker's own keeps things, in its container. */
export const ENGINE_PLACES = {
  /** Made anew at each start, so that nothing of an engine that was killed is taken for a living one. */
  run: '/run/drylane',
  socket: '/run/drylane/engine.sock',
  data: '/var/lib/docker',
  /** An operator's own configuration of the engine, such as other OCI runtimes; need not be there. */
  configuration: '/etc/drylane/engine.json',
  /** The archives of images that the container brings. */
  images: '/opt/drylane/images',
} as const;

/** The engine's arguments: no bridge and no rules of a firewall, as no rehearsal has a network. */
export function engineArguments(configured: boolean): readonly string[] {
  const { run, socket, data, configuration } = ENGINE_PLACES;
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
