import { mkdirSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { sh } from '../../lab/engine.ts';
import type { Host } from '../../lab/host.ts';

/** Debian's packages of login shells that the lab's hosts do not bring along, with what they need. */
const PACKAGES = [
  ...['zsh', 'zsh-common', 'tcsh', 'mksh', 'ksh93u+m'],
  ...['fish', 'fish-common', 'libpcre2-32-0'],
];

/** Puts zsh, fish, csh and two Korn shells onto a host. They are fetched once, beside what else the lab keeps. */
export async function addShells(host: Host): Promise<void> {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(process.env.SLIPWAY_CACHE ?? join(cache, 'slipway'), 'lab/shells');
  mkdirSync(folder, { recursive: true });
  // Whoever comes first fetches for all.
  const fetch =
    '[ -f complete ] || { apt-get update -qq && apt-get download -qq "$@" && touch complete; }';
  await sh('flock', ['lock', 'sh', '-c', fetch, 'fetch', ...PACKAGES], { cwd: folder });
  // tar leaves /bin the link that it is; dpkg -x would not.
  for (const deb of readdirSync(folder).filter((name) => name.endsWith('.deb')))
    await sh('sh', [
      '-c',
      'dpkg --fsys-tarfile "$1" | docker exec -i "$2" tar -x --keep-directory-symlink -C /',
      'unpack',
      join(folder, deb),
      host.name,
    ]);
  await host.exec('ldconfig; ln -sf tcsh /bin/csh; ln -sf "$(command -v busybox)" /bin/ash');
}
