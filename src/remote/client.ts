import { readFileSync } from 'node:fs';
import { UserError } from '../kit/errors.ts';
import { run } from '../kit/process.ts';
import { safeLine } from '../kit/text.ts';

/** Since when OpenSSH knows IdentityAgent, the youngest of the options that we use (https://www.openssh.com/txt/release-7.3). */
const OLDEST = { major: 7, minor: 3 };

/** How OpenSSH's client is installed, by the ID or ID_LIKE of os-release(5). */
const INSTALL: Readonly<Record<string, string>> = {
  debian: 'sudo apt-get install -y openssh-client',
  ubuntu: 'sudo apt-get install -y openssh-client',
  fedora: 'sudo dnf install -y openssh-clients',
  rhel: 'sudo dnf install -y openssh-clients',
  amzn: 'sudo dnf install -y openssh-clients',
  suse: 'sudo zypper install -y openssh-clients',
  alpine: 'apk add openssh-client',
  arch: 'sudo pacman -S --noconfirm openssh',
};

/**
 * A runner that has no Unix sockets for an agent is told so before anything else.
 * @throws UserError `runner-unsupported`
 */
export function refuseWindows(platform: NodeJS.Platform = process.platform): void {
  if (platform !== 'win32') return;
  throw new UserError({
    id: 'runner-unsupported',
    message: 'Slipway does not log in from a Windows runner.',
    value: platform,
    fix: 'Run this job on Linux, for example runs-on: ubuntu-latest; the hosts and what is built elsewhere do not mind.',
  });
}

/**
 * Makes sure that this runner has an OpenSSH that knows our options.
 * @throws UserError `ssh-missing`, `ssh-too-old`
 */
export async function checkClient(osRelease = '/etc/os-release'): Promise<void> {
  let said: string;
  try {
    said = (await run('ssh', ['-V'], { env: { PATH: process.env.PATH } })).stderr.trim();
  } catch {
    throw sshMissing(osRelease);
  }
  const version = /^OpenSSH_(?:for_Windows_)?(\d+)\.(\d+)/.exec(said);
  if (version === null) throw sshMissing(osRelease, said);
  const [major, minor] = version.slice(1).map(Number) as [number, number];
  if (major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor)) return;
  throw new UserError({
    id: 'ssh-too-old',
    message: `The OpenSSH client of this runner is too old: Slipway needs ${OLDEST.major}.${OLDEST.minor} or newer (for IdentityAgent).`,
    value: safeLine(said),
    fix: `Take a newer image of the runner, or update the client: ${installCommand(osRelease)}`,
  });
}

/** Nothing here that could log in, or something else under its name. */
export function sshMissing(osRelease = '/etc/os-release', instead = ''): UserError {
  return new UserError({
    id: 'ssh-missing',
    message:
      instead === ''
        ? 'This runner has no OpenSSH client.'
        : 'The program ssh of this runner is not the one of OpenSSH.',
    value: instead === '' ? 'ssh' : safeLine(instead),
    fix: `Install it in a step before this one: ${installCommand(osRelease)}`,
  });
}

function installCommand(osRelease: string): string {
  let text = '';
  try {
    text = readFileSync(osRelease, 'utf8');
  } catch {
    if (process.platform === 'darwin') return 'macOS brings it in /usr/bin, so check PATH';
  }
  const ids = ['ID', 'ID_LIKE'].flatMap((name) =>
    (new RegExp(`^${name}=["']?([^"'\\n]*)`, 'm').exec(text)?.[1] ?? '').split(' '),
  );
  const known = ids.find((id) => Object.hasOwn(INSTALL, id));
  return INSTALL[known ?? 'debian'] ?? '';
}
