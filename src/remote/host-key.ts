import { keyscan, pinnedFingerprints } from './known-hosts.ts';
import type { Target } from './target.ts';

const WARNINGS = {
  revoked: /^@ +WARNING: REVOKED HOST KEY DETECTED! +@/m,
  changed: /^@ +WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! +@/m,
  unknown: /^Host key verification failed|^No .*host key is known for/m,
};

/** What ssh had against the key of a host, if anything (OpenSSH, sshconnect.c). */
export function keyProblem({
  said,
  target,
  name,
  knownHosts,
}: {
  readonly said: string;
  readonly target: Target;
  readonly name: string;
  readonly knownHosts: string;
}): { readonly id: string; readonly message: string; readonly fix: string } | undefined {
  if (WARNINGS.revoked.test(said))
    return {
      id: 'host-key-revoked',
      message: `The ${name} offers a key that ssh-known-hosts marks as @revoked.`,
      fix: `Give the ${name} a new key, for example: ssh-keygen -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key - and pin that one.`,
    };
  const changed = WARNINGS.changed.test(said);
  if (!changed && !WARNINGS.unknown.test(said)) return undefined;
  const expected = pinnedFingerprints(knownHosts, target);
  if (expected.length === 0 && !changed)
    return {
      id: 'host-key-not-pinned',
      message: `The pinned keys have none for ${name === 'host' ? '' : `the ${name} `}${target.host}.`,
      fix: `Add the output of "${keyscan(target)}" to ssh-known-hosts, after comparing its fingerprint with the ${name}'s own.`,
    };
  const offered = /SHA256:[A-Za-z0-9+/]+/.exec(said)?.[0] ?? 'a key of a type that is not pinned';
  return {
    id: 'host-key-changed',
    message: `The ${name} offers another key than the pinned one: expected ${expected.join(' or ') || 'another'}, offered ${offered}.`,
    fix: `Find out why before anything else: a reinstalled host, or somebody in between. Then pin the new key: ${keyscan(target)}`,
  };
}
