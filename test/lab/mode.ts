import { run } from '../../src/kit/process.ts';

/**
 * The Docker Engine that the lab works on: one of its own, which wants root, or the one that is here already, whose containers are
 * reached through ports on the loopback.
 */
export type Mode = 'own' | 'existing';

/** Chosen once, by whichever process comes first; those that it starts are told. */
export const mode: Mode = await choose(process.env.SLIPWAY_LAB);
process.env.SLIPWAY_LAB = mode;

async function choose(wanted = ''): Promise<Mode> {
  if (wanted !== '' && wanted !== 'own' && wanted !== 'existing')
    throw new Error(`SLIPWAY_LAB is own or existing, not ${wanted}`);
  if (wanted === 'own') return wanted;
  if (wanted === 'existing' && process.env.DOCKER_HOST !== undefined) return wanted;
  const engine = await docker('version', '--format', '{{.Server.Version}}');
  if (engine === undefined && wanted === 'existing')
    throw new Error('SLIPWAY_LAB is existing, and no Docker Engine answers: see "docker version"');
  if (engine === undefined) {
    say('no Docker Engine answers here, so this is one of its own');
    return 'own';
  }
  // The lab has a configuration of its own, which knows no contexts.
  process.env.DOCKER_HOST ??= await docker(
    'context',
    'inspect',
    '-f',
    '{{.Endpoints.docker.Host}}',
  );
  say(
    `this is the Docker Engine ${engine} that is here already (SLIPWAY_LAB=own: one of its own, which wants root)`,
  );
  return 'existing';
}

/** What the command says in the user's own environment; undefined when it fails, or is not there. */
async function docker(...args: string[]): Promise<string | undefined> {
  const { code, stdout } = await run('docker', args, { timeoutMs: 20_000 }).catch(() => ({
    code: 1,
    stdout: '',
  }));
  return code === 0 ? stdout.trim() : undefined;
}

function say(text: string): void {
  process.stderr.write(`lab: ${text}\n`);
}
