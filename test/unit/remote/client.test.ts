import { describe, expect, test } from '@jest/globals';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { checkClient, refuseWindows } from '../../../src/remote/client.ts';
import { folderWith, ownEnvironment, problemIn, problemOf } from '../kit/support.ts';

ownEnvironment();

/** Puts a program in front that says what `ssh -V` of another machine does. */
function sshThatSays(words: string): void {
  const folder = folderWith({ ssh: `#!/bin/sh\n[ "$*" = -V ] && echo '${words}' >&2\n` });
  chmodSync(join(folder, 'ssh'), 0o755);
  process.env.PATH = `${folder}:${process.env.PATH ?? ''}`;
}

describe('checkClient', () => {
  test('the one that is installed here', async () => {
    await expect(checkClient()).resolves.toBeUndefined();
  });

  test.each([
    'OpenSSH_10.0p2 Debian-7, OpenSSL 3.5.0 8 Apr 2025',
    'OpenSSH_9.9p2, LibreSSL 3.3.6', // macOS 15
    'OpenSSH_8.1p1, LibreSSL 2.7.3', // macOS 10.15
    'OpenSSH_7.4p1, OpenSSL 1.0.2k-fips  26 Jan 2017', // CentOS 7
    'OpenSSH_7.3p1',
  ])('%s will do', async (words) => {
    sshThatSays(words);
    await expect(checkClient()).resolves.toBeUndefined();
  });

  test.each(['OpenSSH_7.2p2 Ubuntu-4ubuntu2.8, OpenSSL 1.0.2g  1 Mar 2016', 'OpenSSH_6.6.1p1'])(
    '%s is too old',
    async (words) => {
      sshThatSays(words);
      const problem = await problemIn(checkClient());
      expect(problem).toMatchObject({ id: 'ssh-too-old', value: words });
      expect(problem.message).toContain('needs 7.3 or newer');
    },
  );

  test.each(['Dropbear v2022.83', ''])('%j is another program', async (words) => {
    sshThatSays(words);
    expect((await problemIn(checkClient())).id).toBe('ssh-missing');
  });

  test.each([
    ['ID=debian', 'sudo apt-get install -y openssh-client'],
    ['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian', 'sudo apt-get install -y openssh-client'],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"', 'sudo dnf install -y openssh-clients'],
    ['ID="amzn"\nID_LIKE="fedora"', 'sudo dnf install -y openssh-clients'],
    ['ID="opensuse-leap"\nID_LIKE="suse opensuse"', 'sudo zypper install -y openssh-clients'],
    ['ID=alpine', 'apk add openssh-client'],
    ['ID=manjaro\nID_LIKE=arch', 'sudo pacman -S --noconfirm openssh'],
    ['ID=constructor', 'sudo apt-get install -y openssh-client'],
  ])('where there is none, %j gets its own command', async (text, command) => {
    const folder = folderWith({ 'os-release': text });
    process.env.PATH = folder;
    const problem = await problemIn(checkClient(join(folder, 'os-release')));
    expect(problem).toMatchObject({ id: 'ssh-missing', value: 'ssh' });
    expect(problem.fix).toBe(`Install it in a step before this one: ${command}`);
  });
});

test('Windows is refused in words, and nothing else is', () => {
  expect(problemOf(() => { refuseWindows('win32'); })).toMatchObject({
    id: 'runner-unsupported',
    fix: expect.stringContaining('runs-on: ubuntu-latest') as unknown,
  }); // prettier-ignore
  refuseWindows('linux');
  refuseWindows('darwin');
});
