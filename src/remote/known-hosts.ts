import { createHash, createHmac } from 'node:crypto';
import { UserError } from '../kit/errors.ts';
import { knownHostsName, type Target } from './target.ts';

/**
 * The pinned host keys as the text of a known_hosts file.
 * @throws UserError `host-key-not-pinned` when nothing is pinned
 */
export function knownHostsText(pinned: string | undefined, targets: readonly Target[]): string {
  if (pinned !== undefined && pinned.trim() !== '') return `${pinned.trim()}\n`;
  throw new UserError({
    id: 'host-key-not-pinned',
    message: 'No host key is pinned, so the host could be anybody.',
    value: targets.map(({ text }) => text).join(', '),
    fix: `Set the input ssh-known-hosts to the output of: ${targets.map(keyscan).join('; ')} - and compare its fingerprint with the one that the host itself shows (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub).`,
  });
}

/** The command that fetches a host's key, to be verified by a person. */
export function keyscan({ host, port }: Target): string {
  return `ssh-keyscan -t ed25519 ${port === 22 ? '' : `-p ${port} `}${host}`;
}

/** The fingerprints pinned for a target, as OpenSSH prints them (SHA-256 in base64 without padding). */
export function pinnedFingerprints(knownHosts: string, target: Target): string[] {
  const name = knownHostsName(target).toLowerCase();
  return knownHosts.split('\n').flatMap((line) => {
    const [, marker, hosts = '', type = '', key = ''] =
      /^\s*(@\S+\s+)?(\S+)\s+(\S+)\s+(\S+)/.exec(line) ?? [];
    if (key === '' || marker?.trim() === '@revoked' || !means(hosts, name)) return [];
    return [
      `${type} SHA256:${createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=+$/, '')}`,
    ];
  });
}

/** Whether the hosts of a line, patterns or one hashed name, mean this name (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
function means(hosts: string, name: string): boolean {
  const [, salt, hash] = /^\|1\|([^|]+)\|(.+)$/.exec(hosts) ?? [];
  if (salt !== undefined)
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  const fitting = hosts.split(',').filter((one) => pattern(one.replace(/^!/, '')).test(name));
  return fitting.length > 0 && !fitting.some((one) => one.startsWith('!'));
}

function pattern(text: string): RegExp {
  const source = text.replace(/\W/g, (char) => ({ '*': '.*', '?': '.' })[char] ?? `\\${char}`);
  return new RegExp(`^${source}$`, 'i');
}
