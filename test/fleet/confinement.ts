import type Docker from 'dockerode';
import { expect } from 'vitest';

/** What a container is allowed that the others are not. */
export interface Allowed {
  /** Without `CAP_`. */
  readonly capabilities: readonly string[];
  /** Directories and files of the host below which whatever it is handed of the host lies. */
  readonly places: readonly string[];
  /** Those of them that it may write to. */
  readonly writes: readonly string[];
}

/** That a container has no way to the host, no right but those that it is allowed, and limits. */
export function expectConfined(container: Docker.ContainerInspectInfo, allowed: Allowed): void {
  const { HostConfig: host } = container;
  expect(host).toMatchObject({
    ...{
      Privileged: false,
      CapDrop: ['ALL'],
      ReadonlyRootfs: true,
      PidMode: '',
      UTSMode: '',
      UsernsMode: '',
    },
    IpcMode: 'private',
  });
  expect(host.NetworkMode).not.toMatch(/^(host|container:.*)$/);
  expect(host.SecurityOpt).toContain('no-new-privileges');
  expect([host.Devices ?? [], host.DeviceRequests ?? [], host.DeviceCgroupRules ?? []]).toEqual([[], [], []]);
  expect(
    [...((host.CapAdd as string[] | null) ?? [])].map((name) => name.replace(/^CAP_/, '')).sort(),
  ).toEqual([...allowed.capabilities].sort());
  for (const limit of [host.Memory, host.PidsLimit, host.NanoCpus]) expect(limit).toBeGreaterThan(0);
  expect(host.MemorySwap).toBe(host.Memory);
  expectNothingOfTheHost(container, allowed);
}

function expectNothingOfTheHost({ Mounts: mounts }: Docker.ContainerInspectInfo, allowed: Allowed): void {
  const isBelow = (places: readonly string[], path: string): boolean =>
    places.some((place) => path === place || path.startsWith(`${place}/`));
  for (const { Type, Source, Destination, RW } of mounts) {
    expect(Source, Destination).not.toMatch(/\.sock$|^\/(run|proc|sys|dev)(\/|$)|^\/$/);
    if (Type !== 'bind') continue;
    expect([Destination, Source, isBelow(allowed.places, Source)]).toEqual([Destination, Source, true]);
    expect([Destination, RW]).toEqual([Destination, isBelow(allowed.writes, Source)]);
  }
}
