import { optional, secret } from '../kit/inputs.ts';
import type { Login } from '../remote/connection.ts';
import { readProxyCommand } from '../remote/route.ts';
import { parseTarget } from '../remote/target.ts';

/**
 * Reads how to log in. The proxy command runs on the runner, so it comes from the workflow alone, never from slipway.yml.
 * @param key the private key, read and masked already
 * @param jumpOfFile the jump host of the environment in slipway.yml
 */
export function sshInputs(key: string, jumpOfFile: string | undefined): Login {
  const jump = optional('ssh-jump') ?? jumpOfFile;
  const jumpKey = secret('ssh-jump-key');
  const proxyCommand = optional('ssh-proxy-command');
  return {
    key,
    knownHosts: optional('ssh-known-hosts'),
    jump: jump === undefined ? undefined : { target: parseTarget(jump), key: jumpKey },
    proxyCommand: proxyCommand === undefined ? undefined : readProxyCommand(proxyCommand),
  };
}
