import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../src/kit/clock.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { actionsLog } from '../../../src/kit/log.ts';
import { makeScratch, removeScratch } from '../../../src/kit/scratch.ts';
import { HostSession } from '../../../src/host/session.ts';
import { openAccess } from '../../../src/remote/connection.ts';
import { parseTarget } from '../../../src/remote/target.ts';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { expectProblem } from './errors/refused.ts';
import { hello, type Hello } from './hello.ts';
import { hostWithShells } from './shells.ts';
import { traces } from './sshd.ts';

let lab: Lab;
let host: Host;
let bare: Host;
let system: Hello;

beforeAll(async () => {
  lab = await openLab();
  const image = await hostWithShells();
  [host, bare] = await Promise.all([lab.host('host', { image }), lab.host('bare', { image })]);
  await bare.exec('echo "PerSourcePenalties no" >>/etc/ssh/sshd_config; kill -HUP $(pgrep -o -x sshd)');
  system = hello(lab);
  await system.build('v1');
  expect((await system.deploy(host, 'v1')).exitCode).toBe(0);
}); // prettier-ignore

afterAll(() => lab.close());

const dressed = async (on: Host, shell: string, file = '', text = ''): Promise<void> => {
  await on.exec(
    `rm -rf ~deploy/.*rc ~deploy/.zshenv ~deploy/.config ~deploy/.ssh/rc
    command -v ${shell} && usermod -s ${shell} deploy`,
  );
  if (file !== '')
    await on.exec(
      `mkdir -p "$(dirname ~deploy/${file})" && cat >~deploy/${file} && chown -R deploy: ~deploy`,
      text,
    );
};

/** It talks on both of its outputs, looks like us, and does not end its last line. */
const NOISE = `echo "welcome to the machine"\nprintf 'hello\\t9\\nlast login: never'\necho mail >&2\n`;

describe('login shells, silent and noisy', () => {
  test.each([
    ['/bin/bash', '.bashrc', NOISE],
    ['/bin/dash', '', ''],
    ['/bin/ash', '', ''],
    ['/bin/zsh', '.zshenv', NOISE],
    ['/bin/zsh', '.zshrc', 'exit 3'],
    ['/usr/bin/fish', '.config/fish/config.fish', NOISE],
    ['/bin/csh', '.cshrc', `echo welcome\nprintf 'last login: never'\n`],
    ['/bin/tcsh', '.tcshrc', `echo welcome\nstty erase ^H\n`],
    ['/bin/mksh', '.mkshrc', NOISE],
    ['/bin/ksh93', '.kshrc', NOISE],
    ['/bin/bash', '.ssh/rc', 'echo "from the rc of ssh"; printf welcome'],
  ])('%s with %j', async (shell, file, text) => {
    await dressed(host, shell, file, text);
    const result = await system.deploy(host, 'v1');
    expect(result).toMatchObject({ exitCode: 0, outputs: { outcome: 'unchanged' } });
  });
});

describe('what is no shell for us is named, and the host is left as it was', () => {
  test.each([
    ['/usr/sbin/nologin', '', '', 'exit code 1. It said: This account is currently not available.'],
    ['/bin/false', '', '', 'exit code 1.'],
    ['/bin/bash', '.bashrc', 'exec zsh', 'exit code 97.'],
    ['/bin/bash', '.bashrc', 'exec tcsh', 'exit code 97.'],
    ['/bin/bash', '.bashrc', 'exec dash', 'exit code 97.'],
    ['/bin/bash', '.bashrc', 'read -p "project? " project', 'exit code 1.'],
    ['/bin/bash', '.bashrc', 'echo "under maintenance"; exit 3', 'exit code 3. It said: under maintenance'],
    ['/bin/zsh', '.zshenv', 'exit 4', 'exit code 4.'],
  ])('%s with %j %j', async (shell, file, text, says) => {
    await dressed(bare, shell, file, text);
    const result = await system.deploy(bare, 'v1');
    const fix = /ordinary shell \(getent passwd deploy\).*without "exec" or "read" in its login files/;
    expectProblem(result, { name: '', id: 'ssh-command-refused', value: bare.target, fix }, undefined);
    expect(result.log).toContain(`it ended with ${says}`);
    expect(result).toMatchObject({ exitCode: 10, outputs: { outcome: 'aborted' } });
    expect(await traces(bare)).toBe('');
  }); // prettier-ignore

  test('a shell that is not there', async () => {
    await bare.exec('usermod -s /bin/gone deploy');
    const result = await system.deploy(bare, 'v1');
    expect(result.log).toContain('[ssh-auth-failed]');
    expect(await traces(bare)).toBe('');
  });

  test.each([
    ['waits', 'cat >/dev/null'],
    ['repeats what it hears', 'cat'],
    ['is another shell that reads to the end first', 'exec fish'],
  ])('what %s is not waited for forever', async (_, text) => {
    await dressed(bare, '/bin/bash', '.bashrc', text);
    // A minute is a second here.
    const hasty: Clock = {
      now: () => systemClock.now(),
      sleep: (ms, signal) => systemClock.sleep(ms >= 10_000 ? ms / 60 : ms, signal),
    };
    process.env.GITHUB_STATE = join(lab.folder, 'state');
    writeFileSync(process.env.GITHUB_STATE, '');
    const folder = makeScratch();
    const target = parseTarget(bare.target);
    const login = {
      key: lab.login.privateKey,
      knownHosts: bare.knownHosts,
      jump: undefined,
      proxyCommand: undefined,
    };
    const access = await openAccess(folder, login, [target], hasty);
    const session = new HostSession(target, access, hasty, actionsLog(hasty));
    try {
      await expect(session.request('status', { root: 'x' }, () => undefined)).rejects.toMatchObject({
        id: 'ssh-command-refused',
        message: expect.stringContaining('it did not answer') as unknown,
      });
    } finally {
      await session.close();
      access.agent.stop();
      removeScratch(folder);
    }
    expect(await bare.exec('ls -A ~deploy | grep -x slipway; true')).toBe('');
  }); // prettier-ignore
});
