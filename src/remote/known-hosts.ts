import { createHash, createHmac } from 'node:crypto';
import { UserError } from '../kit/errors.ts';
import { knownHostsName, type Target } from './target.ts';

const KEY_TYPE = /^(sk-)?(ssh|ecdsa)-[\w@.-]+$/;

/**
 * The pinned host keys as the text of a known_hosts file.
 * @throws UserError `host-key-not-pinned` when nothing is pinned, `bad-known-hosts` for a line that pins nothing
 */
export function knownHostsText(pinned: string | undefined, targets: readonly Target[]): string {
  const lines = (pinned ?? '').split(/\r\n?|\n/).map((line) => line.trim());
  if (lines.some((line) => line !== '')) {
    lines.forEach(checkLine);
    return `${lines.join('\n').trim()}\n`;
  }
  throw new UserError({
    id: 'host-key-not-pinned',
    message: 'No host key is pinned, so the host could be anybody.',
    value: targets.map(({ text }) => text).join(', '),
    fix: `Set the input ssh-known-hosts to the output of: ${targets.map(keyscan).join('; ')} - and compare its fingerprint with the one that the host itself shows (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub).`,
  });
}

/** ssh passes over a line that it does not understand, and would then say that nothing is pinned. */
function checkLine(line: string, index: number): void {
  const [first = '', ...rest] = line.replace(/^@\S+\s+/, '').split(/\s+/);
  if (first === '' || first.startsWith('#')) return;
  const what = KEY_TYPE.test(first)
    ? 'has no host name in front of the key'
    : /^(SHA256|MD5):/.test(first) || rest.some((word) => /^(SHA256|MD5):/.test(word))
      ? 'is a fingerprint, and ssh needs the key itself'
      : rest.length < 2 || !KEY_TYPE.test(rest[0] ?? '')
        ? 'is not "host type key"'
        : undefined;
  if (what === undefined) return;
  throw new UserError({
    id: 'bad-known-hosts',
    message: `Line ${index + 1} of ssh-known-hosts ${what}.`,
    value: line.slice(0, 80),
    fix: 'Write each line as ssh-keyscan prints it: the host (or [host]:port), the type and the key, for example: example.com ssh-ed25519 AAAA...',
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
