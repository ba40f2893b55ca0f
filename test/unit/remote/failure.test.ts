import { describe, expect, test } from '@jest/globals';
import { createServer } from 'node:net';
import type { UserError } from '../../../src/kit/errors.ts';
import { run } from '../../../src/kit/process.ts';
import { commandRefused, explainSsh } from '../../../src/remote/failure.ts';
import { parseTarget } from '../../../src/remote/target.ts';

const target = parseTarget('deploy@192.0.2.7:2222');
const bastion = parseTarget('hop@bastion.example');
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

/** Without anything on the way. */
const explain = (stderr: string, knownHosts = pinned): UserError =>
  explainSsh(
    { stderr, jump: '' },
    { target, knownHosts, jump: undefined, proxyCommand: undefined },
  );

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
    [
      'deploy@192.0.2.7: Permission denied (password,keyboard-interactive).\r\n',
      'ssh-key-not-enough',
    ],
    [
      'Unable to negotiate with 192.0.2.7 port 22: no matching host key type found. Their offer: ssh-rsa,ssh-dss\r\n',
      'ssh-no-common-algorithm',
    ],
    [
      '@       WARNING: REVOKED HOST KEY DETECTED!               @\r\nHost key verification failed.\r\n',
      'host-key-revoked',
    ],
  ])('%j', (stderr, id) => {
    const problem = explain(stderr);
    expect(problem).toMatchObject({ id, value: 'deploy@192.0.2.7:2222' });
    expect(problem.fix).not.toBe('');
    const last = stderr.trim().split('\n').at(-1) ?? '';
    if (last !== '') expect(problem.message).toContain(`ssh said: ${last.trim()}`);
    else expect(problem.message).not.toContain('ssh said');
  });

  test('a changed host key: expected and offered fingerprint, and how to pin the new one', () => {
    const problem = explain(changed);
    expect(problem.message).toMatch(
      /expected ssh-ed25519 SHA256:\S{43}, offered SHA256:qZ0bH1uyWKCvXJ5XkvmCmg4jZh7fXOWlV6Z2wI\/9r\+A\./,
    );
    expect(problem.fix).toContain('ssh-keyscan -t ed25519 -p 2222 192.0.2.7');
    expect(problem.fix).toContain('somebody in between');
  });

  test('a changed host key, though the pinned one is written as we do not expect it', () => {
    const problem = explain(changed, '|1|abc=|def= ssh-ed25519 AAAA\n');
    expect(problem.id).toBe('host-key-changed');
    expect(problem.message).toContain('expected another, offered SHA256:qZ0b');
  });

  test('only another type is pinned: it counts as changed', () => {
    const rsa = '[192.0.2.7]:2222 ssh-rsa AAAAB3NzaC1yc2E=\n';
    const problem = explain(unknown, rsa);
    expect(problem.id).toBe('host-key-changed');
    expect(problem.message).toContain('offered a key of a type that is not pinned');
  });

  test('no key for this host among the pinned ones', () => {
    const problem = explain(unknown, '192.0.2.7 ssh-ed25519 AAAA\n');
    expect(problem).toMatchObject({ id: 'host-key-not-pinned', value: 'deploy@192.0.2.7:2222' });
    expect(problem.fix).toContain('ssh-keyscan -t ed25519 -p 2222 192.0.2.7');
  });

  test('what ssh quotes cannot write commands into the log', () => {
    const { message } = explain('x\n\u001b[31m##[error]evil\u0007\n');
    expect(message).toContain('ssh said: ## [error]evil');
    expect(message).not.toContain('\u001b');
  });
});

describe('with a jump host on the way', () => {
  const way = { target, knownHosts: pinned, jump: bastion, proxyCommand: undefined };
  const lost =
    'kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n';
  const here = 'deploy@192.0.2.7:2222';
  const hop = 'hop@bastion.example';

  test.each([
    ['ssh: connect to host bastion.example port 22: Connection refused', 'host-refused', hop],
    ['ssh: connect to host bastion.example port 22: No route to host', 'host-unreachable', hop],
    ['ssh: Could not resolve hostname bastion.example: x', 'host-unreachable', hop],
    ['hop@bastion.example: Permission denied (publickey).', 'ssh-auth-failed', hop],
    ['hop@bastion.example: Permission denied (password).', 'ssh-key-not-enough', hop],
    [changed, 'host-key-changed', hop],
    [unknown, 'host-key-not-pinned', hop],
    ['kex_exchange_identification: read: Connection reset by peer', 'connection-dropped', hop],
    ['Connection closed by 192.0.2.1 port 22', 'connection-dropped', hop],
    [
      'channel 0: open failed: administratively prohibited: open failed\r\nstdio forwarding failed',
      'ssh-jump-forbidden',
      hop,
    ],
    [
      'channel 0: open failed: connect failed: Connection refused\r\nstdio forwarding failed',
      'host-refused',
      here,
    ],
    [
      'channel 0: open failed: connect failed: No route to host\r\nstdio forwarding failed',
      'host-unreachable',
      here,
    ],
    ['', 'connection-dropped', here],
  ])('the jump host says %j: %s at %s', (jump, id, value) => {
    const problem = explainSsh({ stderr: lost, jump: `${jump}\r\n` }, way);
    expect(problem).toMatchObject({ id, value });
    expect(problem.message.includes('jump host')).toBe(value === hop || id === 'host-unreachable');
  });

  test.each([
    ['deploy@192.0.2.7: Permission denied (publickey).\r\n', 'ssh-auth-failed'],
    [changed, 'host-key-changed'],
    ['Connection timed out during banner exchange\r\n', 'host-unreachable'],
  ])('what the host itself says counts first: %j', (stderr, id) => {
    expect(explainSsh({ stderr, jump: 'Killed by signal 1.\r\n' }, way)).toMatchObject({
      id,
      value: here,
    });
  });
});

describe('with a proxy command on the way', () => {
  const way = { target, knownHosts: pinned, jump: undefined, proxyCommand: 'nc' };

  test.each([
    ['', 'kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535'],
    [', also when it noticed by writing', 'banner exchange: Connection to UNKNOWN port 65535: Broken pipe'],
  ])('its own words are told, and not those of ssh%s', (_, words) => {
    const stderr = `/bin/sh: 1: exec: nc: not found\n${words}\r\n`;
    const problem = explainSsh({ stderr, jump: '' }, way);
    expect(problem).toMatchObject({ id: 'ssh-proxy-failed', value: target.text });
    expect(problem.message).toMatch(/It said: \/bin\/sh: 1: exec: nc: not found$/);
  }); // prettier-ignore

  test('on the way to a jump host it is that one that is not reached', () => {
    const jump = 'kex_exchange_identification: Connection closed by remote host\r\n';
    expect(explainSsh({ stderr: '', jump }, { ...way, jump: bastion })).toMatchObject({
      id: 'ssh-proxy-failed',
      value: bastion.text,
      message: 'No SSH server answered through the proxy command.',
    });
  });

  test('a host that answered through it is judged as any other', () => {
    const stderr = 'deploy@192.0.2.7: Permission denied (publickey).\r\n';
    expect(explainSsh({ stderr, jump: '' }, way).id).toBe('ssh-auth-failed');
  });
});

test('what answered instead of the program is told, and cut', () => {
  const problem = commandRefused(target, 'it ended with exit code 1', [
    '',
    '##[error]no',
    'x'.repeat(900),
  ]);
  expect(problem).toMatchObject({ id: 'ssh-command-refused', value: target.text });
  expect(problem.message).toContain('exit code 1. It said: ## [error]no / xxx');
  expect(problem.message.length).toBeLessThan(400);
  expect(problem.fix).toContain('ForceCommand');
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
      expect(explain(await said('127.0.0.1', open)).id).toBe('connection-dropped');
    });
    expect(explain(await said('127.0.0.1', port)).id).toBe('host-refused');
  });

  test('a name that does not exist', async () => {
    const stderr = await said('no-such-host.invalid', 22);
    expect(explain(stderr).id).toBe('host-unreachable');
  });
});
