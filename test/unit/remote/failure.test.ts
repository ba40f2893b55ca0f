import { describe, expect, test } from '@jest/globals';
import { createServer } from 'node:net';
import { run } from '../../../src/kit/process.ts';
import { explainSsh } from '../../../src/remote/failure.ts';
import { parseTarget } from '../../../src/remote/target.ts';

const target = parseTarget('deploy@192.0.2.7:2222');
const pinned =
  '[192.0.2.7]:2222 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPJdmvwzUq3FXfNg4bGvXfGp7IwK5Nf4AcLmVQpNnV7X\n';

const changed = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Someone could be eavesdropping on you right now (man-in-the-middle attack)!
It is also possible that a host key has just been changed.
The fingerprint for the ED25519 key sent by the remote host is
SHA256:qZ0bH1uyWKCvXJ5XkvmCmg4jZh7fXOWlV6Z2wI/9r+A.
Please contact your system administrator.
Add correct host key in /tmp/slipway-x/known_hosts to get rid of this message.
Offending ED25519 key in /tmp/slipway-x/known_hosts:1
Host key for [192.0.2.7]:2222 has changed and you have requested strict checking.
Host key verification failed.\r
`;
const unknown = `No ED25519 host key is known for [192.0.2.7]:2222 and you have requested strict checking.
Host key verification failed.\r
`;

describe('what OpenSSH says, told apart', () => {
  test.each([
    ['ssh: connect to host 192.0.2.7 port 2222: Connection refused\r\n', 'host-refused'],
    ['ssh: connect to host 192.0.2.7 port 2222: Connection timed out\r\n', 'host-unreachable'],
    ['ssh: connect to host 192.0.2.7 port 2222: Operation timed out\r\n', 'host-unreachable'],
    ['ssh: connect to host 192.0.2.7 port 2222: No route to host\r\n', 'host-unreachable'],
    ['ssh: connect to host 2001:db8::7 port 22: Network is unreachable\r\n', 'host-unreachable'],
    ['Connection timed out during banner exchange\r\n', 'host-unreachable'],
    [
      'ssh: Could not resolve hostname nope.example: Name or service not known\r\n',
      'host-unreachable',
    ],
    [
      'ssh: Could not resolve hostname nope.example: Temporary failure in name resolution\r\n',
      'host-unreachable',
    ],
    [
      'ssh: Could not resolve hostname nope.example: nodename nor servname provided, or not known\r\n',
      'host-unreachable',
    ],
    ['deploy@192.0.2.7: Permission denied (publickey).\r\n', 'ssh-auth-failed'],
    [
      'deploy@192.0.2.7: Permission denied (publickey,password,keyboard-interactive).\r\n',
      'ssh-auth-failed',
    ],
    [
      'Received disconnect from 192.0.2.7 port 22:2: Too many authentication failures\r\nDisconnected from 192.0.2.7 port 22\r\n',
      'ssh-auth-failed',
    ],
    ['client_loop: send disconnect: Broken pipe\r\n', 'connection-dropped'],
    [
      'Read from remote host 192.0.2.7: Connection reset by peer\r\nclient_loop: send disconnect: Broken pipe\r\n',
      'connection-dropped',
    ],
    ['Timeout, server 192.0.2.7 not responding.\r\n', 'connection-dropped'],
    ['Connection to 192.0.2.7 closed by remote host.\r\n', 'connection-dropped'],
    [
      'kex_exchange_identification: Connection closed by remote host\r\nConnection closed by 192.0.2.7 port 2222\r\n',
      'connection-dropped',
    ],
    ['kex_exchange_identification: read: Connection reset by peer\r\n', 'connection-dropped'],
    ['', 'connection-dropped'],
    [
      "mkdir: cannot create directory '/srv/x': Permission denied\nclient_loop: send disconnect: Broken pipe\n",
      'connection-dropped',
    ],
    [
      'tool: Permission denied (os error 13)\nclient_loop: send disconnect: Broken pipe\n',
      'connection-dropped',
    ],
    [
      'Error response from daemon: dial tcp 192.0.2.1:443: connect: Connection refused\nTimeout, server 192.0.2.7 not responding.\r\n',
      'connection-dropped',
    ],
    [
      'lookup r on 127.0.0.53:53: read udp: i/o timeout: timed out\nConnection to 192.0.2.7 closed by remote host.\r\n',
      'connection-dropped',
    ],
    [changed, 'host-key-changed'],
  ])('%j', (stderr, id) => {
    const problem = explainSsh(stderr, target, pinned);
    expect(problem).toMatchObject({ id, value: 'deploy@192.0.2.7:2222' });
    expect(problem.fix).not.toBe('');
    const last = stderr.trim().split('\n').at(-1) ?? '';
    if (last !== '') expect(problem.message).toContain(`ssh said: ${last.trim()}`);
    else expect(problem.message).not.toContain('ssh said');
  });

  test('a changed host key: expected and offered fingerprint, and how to pin the new one', () => {
    const problem = explainSsh(changed, target, pinned);
    expect(problem.message).toMatch(
      /expected ssh-ed25519 SHA256:\S{43}, offered SHA256:qZ0bH1uyWKCvXJ5XkvmCmg4jZh7fXOWlV6Z2wI\/9r\+A\./,
    );
    expect(problem.fix).toContain('ssh-keyscan -t ed25519 -p 2222 192.0.2.7');
    expect(problem.fix).toContain('somebody in between');
  });

  test('a changed host key, though the pinned one is written as we do not expect it', () => {
    const problem = explainSsh(changed, target, '|1|abc=|def= ssh-ed25519 AAAA\n');
    expect(problem.id).toBe('host-key-changed');
    expect(problem.message).toContain('expected another, offered SHA256:qZ0b');
  });

  test('only another type is pinned: it counts as changed', () => {
    const rsa = '[192.0.2.7]:2222 ssh-rsa AAAAB3NzaC1yc2E=\n';
    const problem = explainSsh(unknown, target, rsa);
    expect(problem.id).toBe('host-key-changed');
    expect(problem.message).toContain('offered a key of a type that is not pinned');
  });

  test('no key for this host among the pinned ones', () => {
    const problem = explainSsh(unknown, target, '192.0.2.7 ssh-ed25519 AAAA\n');
    expect(problem).toMatchObject({ id: 'host-key-not-pinned', value: 'deploy@192.0.2.7:2222' });
    expect(problem.fix).toContain('ssh-keyscan -t ed25519 -p 2222 192.0.2.7');
  });

  test('what ssh quotes cannot write commands into the log', () => {
    const { message } = explainSsh('x\n\u001b[31m##[error]evil\u0007\n', target, pinned);
    expect(message).toContain('ssh said: ## [error]evil');
    expect(message).not.toContain('\u001b');
  });
});

describe('the words of the ssh that is installed here', () => {
  const said = async (host: string, port: number): Promise<string> => {
    const options = ['-F', '/dev/null', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=5'];
    const { stderr } = await run('ssh', [...options, '-p', String(port), '--', host, 'true'], {
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
    });
    return stderr;
  };

  /** A port on which a server hangs up at once, and on which nobody listens afterwards. */
  const hangUp = async (during: (port: number) => Promise<void>): Promise<number> => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await during(port);
    await new Promise((resolve) => server.close(resolve));
    return port;
  };

  test('dropped, then refused', async () => {
    const port = await hangUp(async (open) => {
      expect(explainSsh(await said('127.0.0.1', open), target, pinned).id).toBe(
        'connection-dropped',
      );
    });
    expect(explainSsh(await said('127.0.0.1', port), target, pinned).id).toBe('host-refused');
  });

  test('a name that does not exist', async () => {
    const stderr = await said('no-such-host.invalid', 22);
    expect(explainSsh(stderr, target, pinned).id).toBe('host-unreachable');
  });
});
