import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Clock } from '../kit/clock.ts';
import { insideWorkspace } from '../kit/inputs.ts';
import type { Log } from '../kit/log.ts';
import type { RegistryClient } from '../registry/client.ts';
import { formatReference } from '../registry/reference.ts';
import type { Leg } from '../release/leg.ts';
import { type Metadata, runBuildx } from './buildx.ts';
import type { BuildOrder } from './command.ts';
import { gitEvent } from './event.ts';
import type { BuildInputs } from './inputs.ts';
import { cacheNotKept } from './plan.ts';
import { type Prepared, prepare } from './prepare.ts';
import type { Progress } from './progress.ts';
import { type Published, publish, sizeBefore } from './publish.ts';

/** The world around a build. */
export interface Context {
  readonly log: Log;
  readonly clock: Clock;
  /** What buildx and git see: the private Docker configuration, and no inputs of ours. */
  readonly env: NodeJS.ProcessEnv;
  readonly client: RegistryClient;
  readonly plainHttp: readonly string[];
  /** A private folder for this run. */
  readonly scratch: string;
}

/** A build that went well. */
export interface Built {
  readonly prepared: Prepared;
  readonly metadata: Metadata;
  readonly progress: Progress;
  /** Undefined when nothing was pushed. */
  readonly published: Published | undefined;
  /** Bytes of the image that had one of these names before. */
  readonly sizeBefore: number | undefined;
  readonly ms: number;
}

/**
 * Builds an image, pushes it, holds it to its budget and gives it its names.
 * @param onPrepared told what was found before the build, which a failed build should not swallow
 * @throws UserError, or BuildFailed once BuildKit has begun
 */
export async function buildImage(
  inputs: BuildInputs,
  context: Context,
  onPrepared: (prepared: Prepared) => void,
): Promise<Built> {
  const { log, clock, client } = context;
  const { image } = inputs.image;
  const began = clock.now();
  const prepared = await log.group('Look at checkout, builder and registry', async () => {
    const [found] = await Promise.all([
      prepare(inputs, context),
      inputs.push ? client.canPush(image) : undefined,
    ]);
    tell(found, inputs, log);
    return found;
  });
  onPrepared(prepared);
  const { version, names } = prepared.tags;
  const earlier = inputs.push
    ? sizeBefore(client, image, earlierNames(version, context.env))
    : undefined;
  // Looked up while the build runs; whatever is wrong with an earlier image is no reason to fail.
  const before = earlier?.catch(() => undefined);
  const order = orderOf(inputs, prepared, context);
  const place = { dockerfileName: inputs.image.dockerfileName, timeoutMs: inputs.timeoutMs };
  const { metadata, progress } = await log.group(`Build ${formatReference(image)}`, () =>
    runBuildx(order, place, { ...context, env: { ...context.env, ...secretVariables(inputs) } }),
  );
  const lost = progress.cacheTrouble();
  if (lost !== undefined) log.warning(`The cache was not kept: ${lost}`);
  const digest = metadata['containerimage.digest'];
  const previous = await before;
  const published =
    inputs.push && typeof digest === 'string'
      ? await log.group('Measure and name the image', () =>
          publish(client, image, digest, {
            names,
            pushed: order.pushTags,
            maxBytes: inputs.image.maxBytes,
          }),
        )
      : undefined;
  return { prepared, metadata, progress, published, sizeBefore: previous, ms: clock.now() - began };
}

function tell({ revision, builder, tags }: Prepared, inputs: BuildInputs, log: Log): void {
  log.info(`Commit ${revision.commit}`);
  log.info(`Builder ${builder.name} (driver ${builder.driver})`);
  log.info(`Tags ${tags.names.join(', ')}`);
  if (inputs.image.maxBytes !== undefined && !inputs.push)
    log.notice(
      'max-size is compared with what a registry keeps, so it holds only with push: true.',
    );
}

/** Where an earlier image of the same line is found: under the same name, that of the default branch, or the latest release's. */
function earlierNames(version: string | undefined, env: NodeJS.ProcessEnv): string[] {
  const { defaultBranch } = gitEvent(env);
  return [version, defaultBranch?.replaceAll(/[^a-zA-Z0-9._-]+/g, '-'), 'latest'].filter(
    (name) => name !== undefined,
  );
}

/** What buildx is told. */
function orderOf(inputs: BuildInputs, prepared: Prepared, context: Context): BuildOrder {
  const { builder, tags, buildArgs, labels } = prepared;
  const { image, context: folder, dockerfile, target, service } = inputs.image;
  const name = formatReference(image);
  const notKept = cacheNotKept(inputs, builder, context.env);
  if (notKept !== undefined) context.log.warning(`The cache will not be kept: ${notKept}`);
  // Pushed by digest where that is possible; else under the name that tells least, which comes last. The engine's own builder
  // loads what it pushes.
  const least = tags.names.filter((tag) => tag !== 'latest').slice(-1);
  return {
    ...inputs,
    builder,
    context: folder,
    dockerfile,
    image,
    pushTags: builder.exact ? [] : inputs.load ? tags.names : least,
    loadTags: tags.names,
    target,
    buildArgs,
    labels,
    secretVariables: Object.fromEntries(
      inputs.secrets.map(({ id }, index) => [id, variable(index)]),
    ),
    cacheRef: {
      registry: inputs.cacheRef ?? `${name}:buildcache`,
      gha: inputs.cacheRef ?? service,
      local: resolve(inputs.workspace, inputs.cacheRef ?? '.buildcache'),
      none: '',
    }[inputs.cache],
    // A run that may not push may not write to the registry's cache either.
    keepCache: notKept === undefined && (inputs.push || inputs.cache !== 'registry'),
    metadataFile: join(context.scratch, 'metadata.json'),
    plainHttp: context.plainHttp.includes(image.registry),
  };
}

/** Secrets reach buildx through its environment, never through its arguments, which every process of the machine can read. */
function secretVariables({ secrets }: BuildInputs): NodeJS.ProcessEnv {
  return Object.fromEntries(secrets.map(({ value }, index) => [variable(index), value]));
}

function variable(index: number): string {
  return `SLIPWAY_SECRET_${index}`;
}

/** What release-record collects: one file for each service. @returns its path in the workspace */
export function writeLeg(inputs: BuildInputs, { prepared, published }: Built): string | undefined {
  if (published === undefined) return undefined;
  const { service, image } = inputs.image;
  const leg: Leg = {
    schema: 1,
    service,
    image: formatReference({ ...image, digest: published.digest }),
    revision: prepared.revision.commit,
    platforms: published.images.map(({ platform }) => platform),
    attestations: attestationsOf(inputs),
  };
  const file = insideWorkspace(join('slipway', `${service}.json`), inputs.workspace);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(leg, null, 2)}\n`);
  return relative(insideWorkspace('.', inputs.workspace), file);
}

function attestationsOf({ attestation, sbom }: BuildInputs): string[] {
  switch (attestation) {
    case 'buildkit':
      return ['provenance', ...(sbom === 'false' ? [] : ['sbom'])];
    case 'github':
      return ['github'];
    case 'none':
      return [];
  }
}
