import { type Address, readAddress, readSocket, type Socket } from './address.ts';
import type { CallEvent, Message, Strings } from './event.ts';
import type { Result } from './line.ts';
import { PRIVILEGED_CALLS } from './privileged-calls.ts';
import { readPidfd, readPriority, readReach } from './reach.ts';
import type { Item, Quoted } from './syntax.ts';

const PRIVILEGED: ReadonlySet<string> = new Set(PRIVILEGED_CALLS);

type Reader = (items: readonly Item[], result: Result) => CallEvent | undefined;

const READERS: Readonly<Record<string, Reader>> = {
  execve: ([path, argv, envp], result) => readExec(null, path, argv, envp, result),
  execveat: ([file, path, argv, envp], result) => readExec(file?.text ?? '', path, argv, envp, result),
  clone: (items, result) => readSpawn('clone', flagsAmong(items), result),
  clone3: (items, result) => readSpawn('clone3', flagsAmong(items[0]?.groups[0]?.items ?? []), result),
  fork: (_, result) => readSpawn('fork', '', result),
  vfork: (_, result) => readSpawn('vfork', '', result),
  socket: ([family, type], result) => ({
    kind: 'socket',
    raw: isRaw(family?.text ?? '', type?.text ?? ''),
    fd: result.value !== null && result.value >= 0 ? result.value : null,
  }),
  connect: ([fd, address], result) =>
    onSocket(fd, (socket) => ({ kind: 'connect', socket, address: readAddress(address, 'none'), result })),
  bind: ([fd, address], result) => readLocal('bind', fd, readAddress(address), result),
  getsockname: ([fd, address], result) => readLocal('getsockname', fd, readAddress(address), result),
  listen: ([fd], result) => readLocal('listen', fd, null, result),
  sendto: ([fd, payload, , , address], result) => {
    const message = { address: readAddress(address), payload: readPayload(payload) };
    return onSocket(fd, (socket) => ({ kind: 'send', socket, messages: [message], result }));
  },
  sendmsg: ([fd, header], result) => {
    const message = readMessage(header);
    return onSocket(fd, (socket) => ({ kind: 'send', socket, messages: message && [message], result }));
  },
  sendmmsg: ([fd, headers], result) => {
    const messages = readMessages(headers);
    return onSocket(fd, (socket) => ({ kind: 'send', socket, messages, result }));
  },
  kill: ([pid, signal]) => readReach('kill', [pid], signal),
  tkill: ([tid, signal]) => readReach('tkill', [tid], signal),
  tgkill: ([tgid, tid, signal]) => readReach('tgkill', [tgid, tid], signal),
  rt_sigqueueinfo: ([pid, signal]) => readReach('rt_sigqueueinfo', [pid], signal),
  rt_tgsigqueueinfo: ([tgid, tid, signal]) => readReach('rt_tgsigqueueinfo', [tgid, tid], signal),
  pidfd_send_signal: ([fd, signal]) => readPidfd('pidfd_send_signal', fd, signal),
  seccomp: ([, flags], result) => ({ kind: hidesCalls(flags, result) ? 'filter' : 'other' }),
  prlimit64: ([pid, , limit]) =>
    limit?.text === 'NULL' ? { kind: 'other' } : readReach('prlimit64', [pid], undefined),
  sched_setaffinity: ([pid]) => readReach('sched_setaffinity', [pid], undefined),
  sched_setattr: ([pid]) => readReach('sched_setattr', [pid], undefined),
  sched_setparam: ([pid]) => readReach('sched_setparam', [pid], undefined),
  sched_setscheduler: ([pid]) => readReach('sched_setscheduler', [pid], undefined),
  setpriority: ([which, who]) => readPriority('setpriority', which, who),
  ioprio_set: ([which, who]) => readPriority('ioprio_set', which, who),
};

/** What a call means, from its name and arguments; undefined where the arguments are not what such a call has. */
export function readEvent(name: string, items: readonly Item[], result: Result): CallEvent | undefined {
  if (PRIVILEGED.has(name)) return { kind: 'privileged', call: name };
  const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  return reader === undefined ? { kind: 'other' } : reader(items, result);
}

/** The flags of a call that has not come back yet, as `CLONE_VM|CLONE_VFORK|SIGCHLD`; undefined if it makes no process. */
export function spawnFlags(name: string, text: string): ReadonlySet<string> | undefined {
  if (!/^(?:clone3?|v?fork)$/.test(name)) return undefined;
  return new Set(/\bflags=([^,})\s]+)/.exec(text)?.[1]?.split('|') ?? []);
}

function readExec(
  file: string | null,
  path: Item | undefined,
  argv: Item | undefined,
  envp: Item | undefined,
  result: Result,
): CallEvent | undefined {
  if (path === undefined || argv === undefined || envp === undefined) return undefined;
  return {
    kind: 'exec',
    path: path.strings[0] ?? null,
    file,
    argv: readStrings(argv),
    envp: readStrings(envp),
    result,
  };
}

/** The elements of a list of strings; null if it, or one of them, could not be read. */
function readStrings(item: Item): Strings {
  if (item.text === 'NULL') return [];
  const list = item.groups[0];
  if (list?.open !== '[') return null;
  const strings: Quoted[] = [];
  for (const element of list.items) {
    const string = element.strings[0];
    if (string === undefined || element.text !== '') return null;
    strings.push(string);
  }
  return strings;
}

function readSpawn(call: string, flags: string, result: Result): CallEvent {
  return { kind: 'spawn', call, flags: new Set(flags.split('|')), result };
}

/** A listener can let a call pass in the kernel's place, and such a call never reaches the tracer (seccomp_unotify(2)). */
function hidesCalls(flags: Item | undefined, { value }: Result): boolean {
  return value !== null && value >= 0 && /NEW_LISTENER/.test(flags?.text ?? '');
}

function flagsAmong(items: readonly Item[]): string {
  return items.find((item) => item.text.startsWith('flags='))?.text.slice('flags='.length) ?? '';
}

function isRaw(family: string, type: string): boolean {
  if (family === 'AF_PACKET') return true;
  return family !== 'AF_NETLINK' && /^SOCK_(?:RAW|PACKET)\b/.test(type);
}

function onSocket(item: Item | undefined, make: (socket: Socket) => CallEvent): CallEvent | undefined {
  const socket = readSocket(item);
  return socket && make(socket);
}

function readLocal(
  call: Extract<CallEvent, { kind: 'local' }>['call'],
  fd: Item | undefined,
  address: Address | null,
  result: Result,
): CallEvent | undefined {
  return onSocket(fd, (socket) => ({
    ...{ kind: 'local', call, socket, address: address ?? socket.local, result },
  }));
}

function readPayload(item: Item | undefined): readonly Quoted[] | null {
  if (item?.text === 'NULL') return [];
  return item?.strings[0] === undefined ? null : [item.strings[0]];
}

function readMessages(item: Item | undefined): readonly Message[] | null {
  const list = item?.groups[0];
  if (list?.open !== '[') return null;
  const messages: Message[] = [];
  for (const element of list.items) {
    const header = element.groups[0]?.items.find((field) => field.text === 'msg_hdr=');
    const message = readMessage(header);
    if (message === null) return null;
    messages.push(message);
  }
  return messages;
}

/** Reads a `{msg_name=…, msg_iov=[{iov_base="…", iov_len=12}], …}`. */
function readMessage(item: Item | undefined): Message | null {
  const fields = item?.groups[0]?.open === '{' ? item.groups[0].items : undefined;
  const name = fields?.find((field) => field.text.startsWith('msg_name='));
  const parts = fields?.find((field) => field.text.startsWith('msg_iov='));
  if (name === undefined || parts === undefined) return null;
  const address = readAddress({ ...name, text: name.text.slice('msg_name='.length) });
  return { address, payload: readParts(parts) };
}

function readParts(item: Item): readonly Quoted[] | null {
  if (item.text === 'msg_iov=NULL') return [];
  if (item.groups[0]?.open !== '[') return null;
  const payload: Quoted[] = [];
  for (const part of item.groups[0].items) {
    const base = part.groups[0]?.items.find((field) => field.text.startsWith('iov_base='));
    if (base?.text === 'iov_base=NULL') continue;
    if (base?.strings[0] === undefined) return null;
    payload.push(base.strings[0]);
  }
  return payload;
}
