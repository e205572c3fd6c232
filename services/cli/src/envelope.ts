import { createReadStream } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Digest } from '@drylane/proto/digest';
import { checkAs, MAX_DOCUMENT_BYTES, parseDocumentAs } from '@drylane/proto/document';
import { Envelope } from '@drylane/proto/envelope';
import { DrylaneError } from '@drylane/proto/errors';
import { TREE_PATH } from '@drylane/proto/task';
import type { Context } from './context.ts';

/** The flags that stand for fields of an envelope. */
export interface EnvelopeFlags {
  readonly file?: string;
  readonly workspace?: string;
  readonly workingDir?: string;
  readonly expect?: readonly string[];
  readonly forbid?: readonly string[];
  readonly readOnly?: boolean;
  readonly network?: readonly string[];
  readonly credential?: readonly string[];
  readonly expectExit?: readonly number[];
  readonly env?: readonly string[];
  readonly timeout?: string;
  readonly memory?: string;
  readonly disk?: string;
  readonly image?: string;
  readonly shell?: string;
  readonly task?: string;
  readonly intent?: string;
  readonly promotion?: string;
}

/** An envelope, and the directories that whoever typed the command line vouches for. */
export interface Submission {
  readonly envelope: Envelope;
  readonly roots: readonly string[];
}

/**
 * Makes the envelope: from a file, from flags, or from a file with flags laid over it.
 * @throws DrylaneError `bad-input` with every problem, each by its field.
 */
export async function envelopeFrom(
  flags: EnvelopeFlags,
  command: string | undefined,
  context: Context,
): Promise<Submission> {
  const here = await realpath(context.cwd);
  const named = flags.workspace === undefined ? undefined : await real(resolve(here, flags.workspace));
  const base = flags.file === undefined ? undefined : await readEnvelope(flags.file, context);
  const roots = [here, ...(named === undefined ? [] : [named])];
  const overlaid = overlay(base, flags, command, placeAt(named, base, here));
  return { envelope: checkAs(Envelope, overlaid, 'bad-input'), roots };
}

/**
 * The same for a fleet: paths are those of its workers, and are taken as they are written. Without a workspace it is the
 * directory of this name there.
 */
export async function envelopeForFleet(
  flags: EnvelopeFlags,
  command: string | undefined,
  context: Context,
  snapshot: Digest | undefined,
): Promise<Envelope> {
  const base = flags.file === undefined ? undefined : await readEnvelope(flags.file, context);
  if (snapshot === undefined) {
    const named = flags.workspace === undefined ? undefined : resolve(context.cwd, flags.workspace);
    return checkAs(Envelope, overlay(base, flags, command, placeAt(named, base, context.cwd)), 'bad-input');
  }
  const inTree = base?.working_dir.startsWith(`${TREE_PATH}/`) ? base.working_dir : TREE_PATH;
  const place: Stand = { root: inTree, from: TREE_PATH, workspace: { snapshot } };
  return checkAs(Envelope, overlay(base, flags, command, place), 'bad-input');
}

/** Where a command stands: its directory, what a relative one counts from, and its workspace. */
interface Stand {
  /** Undefined: as the envelope's file says. */
  readonly root: string | undefined;
  readonly from: string;
  readonly workspace: Envelope['workspace'];
}

function placeAt(named: string | undefined, base: Envelope | undefined, here: string): Stand {
  const root = named ?? (base === undefined ? here : undefined);
  return { root, from: root ?? here, workspace: root === undefined ? undefined : { path: root } };
}

function overlay(
  base: Envelope | undefined,
  flags: EnvelopeFlags,
  command: string | undefined,
  { root, from, workspace }: Stand,
): unknown {
  const fields = {
    task: flags.task,
    command,
    working_dir: flags.workingDir === undefined ? root : resolve(from, flags.workingDir),
    workspace,
    image: flags.image,
    shell: flags.shell,
    promotion: flags.promotion,
    env: flags.env === undefined ? undefined : Object.fromEntries(flags.env.map(assignment)),
  };
  const intent = {
    summary: flags.intent,
    mode: flags.readOnly ? 'read-only' : flags.expect ? 'mutating' : undefined,
    expected_writes: flags.expect,
    forbidden_paths: flags.forbid,
    network: flags.network,
    credentials: flags.credential,
    expected_exit: flags.expectExit,
  };
  const limits = given({ timeout: flags.timeout, memory: flags.memory, disk: flags.disk });
  return {
    ...base,
    ...given(fields),
    intent: { mode: 'mutating', ...base?.intent, ...given(intent) },
    ...(Object.keys(limits).length > 0 || base?.limits ? { limits: { ...base?.limits, ...limits } } : {}),
  };
}

/** Leaves out what was not given, so that it covers nothing. */
function given<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function assignment(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new DrylaneError('bad-input', {
    field: '--env',
    message: `${text} has no value`,
    mend: 'write NAME=VALUE',
  });
}

async function readEnvelope(file: string, context: Context): Promise<Envelope> {
  const [name, stream] =
    file === '-'
      ? ['standard input', context.stdin]
      : [file, createReadStream(resolve(context.cwd, file), { end: MAX_DOCUMENT_BYTES })];
  const source = await readAtMost(stream, MAX_DOCUMENT_BYTES + 1).catch((cause: NodeJS.ErrnoException) => {
    throw new DrylaneError(
      'bad-input',
      { field: name, message: `cannot be read (${cause.code})`, mend: 'check the path and its permissions' },
      { cause },
    );
  });
  return parseDocumentAs(Envelope, source, { name, code: 'bad-input' });
}

/** Reads a stream until it ends or has given this many bytes; an endless one takes no more memory. */
async function readAtMost(stream: AsyncIterable<Buffer | string>, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk));
    bytes += chunk.length;
    if (bytes >= limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit);
}

async function real(path: string): Promise<string> {
  return realpath(path).catch((cause: NodeJS.ErrnoException) => {
    throw new DrylaneError(
      'bad-input',
      {
        field: 'workspace.path',
        message: `${path} is not there (${cause.code})`,
        mend: 'name a directory that is',
      },
      { cause },
    );
  });
}
