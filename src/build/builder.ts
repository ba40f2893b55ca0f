import { z } from 'zod';
import { UserError } from '../kit/errors.ts';
import { safeLine } from '../kit/text.ts';
import { docker } from './docker.ts';

/** A builder of buildx, as far as it decides what can be asked of it. */
export interface Builder {
  readonly name: string;
  readonly driver: string;
  /** Several platforms, attestations and an exported cache; the engine's own builder needs the containerd image store for them. */
  readonly rich: boolean;
  /** Push by digest alone, and timestamps rewritten: not by the engine's own builder, whatever its store. */
  readonly exact: boolean;
}

const builderSchema = z.looseObject({
  Name: z.string(),
  Driver: z.string().optional(),
  Current: z.boolean().optional(),
  Err: z.string().optional(),
  Nodes: z
    .array(
      z.looseObject({
        Err: z.string().optional(),
        Labels: z.record(z.string(), z.string()).nullish(),
      }),
    )
    .nullish(),
});

/** BuildKit gives this label to a worker that keeps its images in containerd or in a store of its own. */
const SNAPSHOTTER = 'org.mobyproject.buildkit.worker.snapshotter';

/**
 * Asks buildx which builder a build would use.
 * @param name the one that is wanted; else that of BUILDX_BUILDER, else the current one
 * @throws UserError `docker-missing`, `buildx-missing`, `builder-unknown` or `builder-unavailable`
 */
export async function findBuilder(
  name: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Builder> {
  const said = await docker(['buildx', 'ls', '--format', 'json'], env);
  if (said.code !== 0) {
    throw new UserError({
      id: 'buildx-missing',
      message: `docker buildx does not answer: ${safeLine(said.stderr.trim())}`,
      value: 'docker buildx',
      fix: 'Add docker/setup-buildx-action before this step, or install the plugin docker-buildx.',
    });
  }
  return builderOf(said.stdout, name ?? ((env.BUILDX_BUILDER ?? '') || undefined));
}

/** The same from what `docker buildx ls --format json` says, one builder a line. */
export function builderOf(listing: string, name: string | undefined): Builder {
  const all = listing
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => builderSchema.parse(JSON.parse(line)));
  const found = all.find((one) => (name === undefined ? one.Current : one.Name === name));
  if (found === undefined) {
    throw new UserError({
      id: 'builder-unknown',
      message: 'There is no such builder.',
      value: name,
      fix: `Use one of: ${all.map((one) => one.Name).join(', ')}; or give the output name of docker/setup-buildx-action as the input builder.`,
    });
  }
  const nodes = found.Nodes ?? [];
  const trouble = found.Err ?? nodes.find((node) => node.Err !== undefined)?.Err;
  if (trouble !== undefined) {
    throw new UserError({
      id: 'builder-unavailable',
      message: `The builder does not answer: ${safeLine(trouble)}`,
      value: found.Name,
      fix: 'Start Docker on the runner, or add docker/setup-buildx-action before this step.',
    });
  }
  const driver = found.Driver ?? '';
  const own = driver === 'docker';
  return {
    name: found.Name,
    driver,
    rich: !own || nodes.every(({ Labels }) => Labels?.[SNAPSHOTTER] !== undefined),
    exact: !own,
  };
}
