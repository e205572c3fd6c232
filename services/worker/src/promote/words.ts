import type { FileState, FileType } from '@drylane/proto/evidence';

const NAMES = {
  file: 'a file',
  dir: 'a directory',
  symlink: 'a symbolic link',
  fifo: 'a fifo',
  socket: 'a socket',
  device: 'a device',
} as const satisfies Record<FileType, string>;

/** What stands at a path, in words for a person. */
export function describe(state: FileState | null): string {
  if (state === null) return 'nothing';
  const { type, size, mode, uid, gid, sha256, target } = state;
  const what = [
    NAMES[type],
    ...(type === 'file' ? [`of ${size} bytes`] : []),
    ...(type === 'symlink' ? [`to ${target ?? 'somewhere'}`] : []),
  ].join(' ');
  const details = [
    ...(type === 'symlink' ? [] : [`mode ${mode}`]),
    `owner ${uid}:${gid}`,
    ...(sha256 === null ? [] : [`sha256 ${sha256.slice(0, 16)}`]),
  ];
  return `${what}, ${details.join(', ')}`;
}
