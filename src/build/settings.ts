import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readConfig } from '../config/read.ts';
import type { Slipway } from '../config/schema.ts';
import { UserError } from '../kit/errors.ts';
import { insideWorkspace } from '../kit/inputs.ts';
import { parseSize } from '../kit/size.ts';
import { formatReference, parseReference, type Reference } from '../registry/reference.ts';
import { serviceName } from '../release/record.ts';

/** What the action is given about the image; undefined or empty where slipway.yml or a convention decides. */
export interface ImageInputs {
  readonly workspace: string;
  readonly config: string;
  readonly service: string | undefined;
  readonly context: string | undefined;
  readonly dockerfile: string | undefined;
  readonly image: string | undefined;
  readonly target: string | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly platforms: readonly string[];
  readonly maxSize: string | undefined;
  /** `owner/name` of the repository on GitHub. */
  readonly repository: string | undefined;
}

/** What is built, with nothing left to look up. */
export interface ImageSettings {
  /** How the image is called in the release record. */
  readonly service: string;
  /** Absolute. */
  readonly context: string;
  /** Absolute. */
  readonly dockerfile: string;
  /** The same, as people and annotations name it. */
  readonly dockerfileName: string;
  /** Registry and repository, lower-cased. */
  readonly image: Reference;
  readonly target: string | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly platforms: readonly string[];
  readonly maxBytes: number | undefined;
  /** Compose gives this service a health check of its own. */
  readonly compose: readonly string[];
}

const USUAL_CONFIG = 'slipway.yml';

/**
 * Joins inputs, slipway.yml and conventions: inputs win over slipway.yml.
 * @throws UserError `service-unknown`, `context-missing`, `dockerfile-missing`, `bad-image`, `bad-size`, ...
 */
export function imageSettings(inputs: ImageInputs): ImageSettings {
  const { workspace, service } = inputs;
  const config = service === undefined ? undefined : described(inputs);
  const own = serviceOf(config, inputs);
  const folder = inputs.context ?? own.context ?? '.';
  const context = insideWorkspace(folder, workspace);
  if (!existsSync(context)) {
    throw new UserError({
      id: 'context-missing',
      message: 'The folder to build from does not exist.',
      value: folder,
      fix: 'Check the path (it is relative to the repository), and check out the repository before this step.',
    });
  }
  const dockerfileName = inputs.dockerfile ?? own.dockerfile ?? join(folder, 'Dockerfile');
  const dockerfile = insideWorkspace(dockerfileName, workspace);
  if (!existsSync(dockerfile)) {
    throw new UserError({
      id: 'dockerfile-missing',
      message: 'There is no such Dockerfile.',
      value: dockerfileName,
      fix: 'Name it with the input dockerfile or in slipway.yml, relative to the repository.',
    });
  }
  const image = imageOf(inputs.image ?? own.image, inputs);
  const maxSize = inputs.maxSize ?? own['max-size'];
  return {
    service: service ?? image.repository.split('/').at(-1) ?? '',
    context,
    dockerfile,
    dockerfileName: relative(insideWorkspace('.', workspace), dockerfile),
    image,
    target: inputs.target ?? own.target,
    buildArgs: { ...own.args, ...inputs.buildArgs },
    platforms: inputs.platforms.length > 0 ? inputs.platforms : (own.platforms ?? []),
    maxBytes: maxSize === undefined ? undefined : parseSize(maxSize),
    compose: config?.compose ?? [],
  };
}

/** slipway.yml; a service that detect has found needs none. */
function described({ config, workspace }: ImageInputs): Slipway | undefined {
  const missing = config === USUAL_CONFIG && !existsSync(insideWorkspace(config, workspace));
  return missing ? undefined : readConfig(config, workspace);
}

function serviceOf(
  config: Slipway | undefined,
  { service, context, dockerfile }: ImageInputs,
): Partial<Slipway['services'][string]> {
  if (service === undefined) return {};
  const services = config?.services ?? {};
  if (Object.hasOwn(services, service)) return services[service] ?? {};
  // The name of a service becomes that of a file.
  const described = config === undefined || context !== undefined || dockerfile !== undefined;
  if (described && serviceName.safeParse(service).success) return {};
  throw new UserError({
    id: 'service-unknown',
    message: 'slipway.yml has no such service.',
    value: service,
    fix: `Use one of: ${Object.keys(services).join(', ') || '(none is defined)'}; or give the inputs context and dockerfile.`,
  });
}

/** Without a name of its own: that of the repository, and below it the service's, in GitHub's registry. */
function imageOf(given: string | undefined, { repository, service }: ImageInputs): Reference {
  if (given === undefined && repository === undefined) {
    throw new UserError({
      id: 'input-required',
      message: 'Nothing says how the image is called.',
      value: 'image',
      fix: 'Add "image: registry/repository" under "with:", or to the service in slipway.yml.',
    });
  }
  const usual = `ghcr.io/${repository ?? ''}${service === undefined ? '' : `/${service}`}`;
  const image = parseReference((given ?? usual).toLowerCase());
  if (image.tag === undefined && image.digest === undefined) return image;
  throw new UserError({
    id: 'bad-image',
    message: 'The image is given with a tag or a digest.',
    value: formatReference(image),
    fix: 'Give registry and repository alone; tags come from the input tags.',
  });
}
