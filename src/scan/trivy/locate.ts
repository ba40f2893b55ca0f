import { UserError } from '../../kit/errors.ts';
import { run } from '../../kit/process.ts';
import type { RegistryClient } from '../../registry/client.ts';
import { formatReference, parseReference } from '../../registry/reference.ts';
import type { Target } from '../targets.ts';
import type { Located } from './arguments.ts';

const PATIENCE_MS = 30_000;

/**
 * Where a target is. An image by tag is taken from the engine of this machine if that has it, since it was just built there; from a
 * registry it is scanned by the digest that the tag means now.
 * @throws UserError `image-missing`, or what the registry is guilty of
 */
export async function locate(
  { kind, given }: Target,
  client: RegistryClient,
  env: NodeJS.ProcessEnv,
): Promise<Located> {
  if (kind !== 'image') return { reference: given, source: 'remote' };
  const reference = parseReference(given);
  const { digest } = reference;
  if (digest === undefined && (await hasImage(given, env)))
    return { reference: given, source: 'docker' };
  const found = await client.resolve(reference);
  if (found === undefined) {
    throw new UserError({
      id: 'image-missing',
      message: 'There is no such image.',
      value: given,
      fix: 'Build and push it before this step, and give its digest: images: ${{ steps.build.outputs.ref }}',
    });
  }
  const exact = formatReference({ ...reference, tag: undefined, digest: found.digest });
  return { reference: exact, source: 'remote' };
}

/** Whether the Docker of this machine has it; without Docker it has not. */
async function hasImage(image: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const args = ['image', 'inspect', '--format', '{{.Id}}', '--', image];
  try {
    return (await run('docker', args, { env, timeoutMs: PATIENCE_MS })).code === 0;
  } catch {
    return false;
  }
}
