import { readFileSync } from 'node:fs';
import type { WorkspaceView } from './sandbox.ts';

/** What a way of giving the workspace needs to know. */
export interface WorkspaceRequest {
  /** A directory of this rehearsal alone, for whatever has to be kept outside the container. */
  readonly directory: string;
  /** Real path of the workspace's files on this host. */
  readonly source: string;
  readonly root: { readonly uid: number; readonly gid: number; readonly mode: number };
  readonly diskBytes: number;
  readonly labels: Readonly<Record<string, string>>;
  /** The image of the rehearsal, by digest, and the toolkit, for a giver that has to look from inside. */
  readonly image: string;
  readonly toolkit: string;
}

/** What stands in a container at the workspace's path. */
export interface WorkspaceMount {
  readonly type: 'bind' | 'volume';
  readonly source: string;
  /** Whether what is mounted there later comes into the container as well. */
  readonly propagates?: boolean;
}

/** A copy-on-write view of a workspace, for one rehearsal. */
export interface GivenWorkspace {
  readonly mount: WorkspaceMount;
  readonly view: WorkspaceView;
  /** Whether writing past the limit fails by itself; otherwise someone has to look and stop the command. */
  readonly hardLimit: boolean;
  /** Bytes written so far, and whether no more fit. */
  usage(): Promise<{ readonly bytes: number; readonly full: boolean }>;
  /** Takes the view away again; safe to call twice. */
  take(): Promise<void>;
}

/** A place that a container can be made around before anybody knows its workspace. */
export interface StagedWorkspace {
  readonly mount: WorkspaceMount;
  give(request: Pick<WorkspaceRequest, 'source' | 'root'>): Promise<GivenWorkspace>;
}

/** A way to give a container its workspace. */
export interface WorkspaceGiver {
  readonly name: 'slot' | 'volume';
  /** What this way cannot see or enforce, in words for a person. */
  readonly unobserved: readonly string[];
  give(request: WorkspaceRequest): Promise<GivenWorkspace>;
  /** Undefined where a container has to have its workspace from the start. */
  stage?(request: Pick<WorkspaceRequest, 'directory' | 'diskBytes'>): Promise<StagedWorkspace>;
}

const CAP_SYS_ADMIN = 21n;

/** Whether this process may mount: its effective capabilities hold CAP_SYS_ADMIN (capabilities(7)). */
export function mayMount(): boolean {
  const caps = /^CapEff:\s+([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${caps}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}
