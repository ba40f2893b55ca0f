import type { Reference } from '../registry/reference.ts';
import { formatReference } from '../registry/reference.ts';
import type { Builder } from './builder.ts';
import type { Wishes } from './plan.ts';

/** All that a build is told. */
export interface BuildOrder extends Wishes {
  readonly builder: Builder;
  readonly context: string;
  readonly dockerfile: string;
  readonly image: Reference;
  /** Names under which the build itself pushes; without any it pushes by digest alone. */
  readonly pushTags: readonly string[];
  readonly loadTags: readonly string[];
  readonly target: string | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Id of the secret, and the variable that holds it. */
  readonly secretVariables: Readonly<Record<string, string>>;
  /** Id of the secret, and the file that holds it. */
  readonly secretFiles: Readonly<Record<string, string>>;
  readonly ssh: readonly string[];
  /** Where the cache is: a reference, a folder, or a scope, by its kind. */
  readonly cacheRef: string;
  readonly keepCache: boolean;
  readonly metadataFile: string;
  /** The image's registry is spoken to over plain HTTP. */
  readonly plainHttp: boolean;
}

/** Files as old as SOURCE_DATE_EPOCH says, so that the same commit gives the same bytes. */
const EXACT = { 'oci-mediatypes': 'true', 'rewrite-timestamp': 'true' };

/** The arguments of `docker` that carry the order out. */
export function buildArguments(order: BuildOrder): string[] {
  const { builder, platforms, target } = order;
  return [
    ...['buildx', 'build', '--builder', builder.name],
    // One JSON object a line: https://github.com/moby/buildkit/blob/master/client/graph.go (SolveStatus)
    ...['--progress', 'rawjson', '--metadata-file', order.metadataFile],
    ...['--file', order.dockerfile],
    ...(target === undefined ? [] : ['--target', target]),
    ...(platforms.length === 0 ? [] : ['--platform', platforms.join(',')]),
    ...pairs('--build-arg', order.buildArgs),
    ...pairs('--label', order.labels),
    ...Object.entries(order.secretVariables).flatMap(([id, name]) => [
      '--secret',
      csv({ type: 'env', id, env: name }),
    ]),
    ...Object.entries(order.secretFiles).flatMap(([id, src]) => [
      '--secret',
      csv({ type: 'file', id, src }),
    ]),
    ...order.ssh.flatMap((agent) => ['--ssh', agent]),
    ...cacheArguments(order),
    ...attestationArguments(order),
    ...outputArguments(order),
    order.context,
  ];
}

function cacheArguments(order: BuildOrder): string[] {
  const { cache, cacheRef, keepCache, plainHttp } = order;
  // A cache that cannot be written is no reason to have no image.
  const rest = { mode: 'max', 'ignore-error': 'true' };
  const insecure = plainHttp ? { 'registry.insecure': 'true' } : {};
  const both = (
    from: Readonly<Record<string, string>>,
    to: Readonly<Record<string, string>>,
  ): string[] => [
    ...['--cache-from', csv({ type: cache, ...from })],
    ...(keepCache ? ['--cache-to', csv({ type: cache, ...to, ...rest })] : []),
  ];
  switch (cache) {
    case 'registry': {
      const ref = { ref: cacheRef, ...insecure };
      // Some registries refuse an index of blobs; as an image, everyone takes it.
      return both(ref, { ...ref, 'image-manifest': 'true', 'oci-mediatypes': 'true' });
    }
    case 'gha':
      return both({ scope: cacheRef }, { scope: cacheRef });
    case 'local':
      return both({ src: cacheRef }, { dest: cacheRef });
    case 'none':
      return [];
  }
}

/** BuildKit would add a provenance by itself, and with it the platform `unknown/unknown`. */
function attestationArguments({ attestation, sbom }: BuildOrder): string[] {
  if (attestation !== 'buildkit') return ['--provenance=false', '--sbom=false'];
  const generator = sbom === 'true' ? {} : { generator: sbom };
  return [
    ...['--attest', 'type=provenance,mode=max'],
    ...(sbom === 'false' ? ['--sbom=false'] : ['--attest', csv({ type: 'sbom', ...generator })]),
  ];
}

function outputArguments(order: BuildOrder): string[] {
  const { builder, image, pushTags, loadTags, push, load, plainHttp } = order;
  const name = formatReference(image);
  const names = (tags: readonly string[]): string => tags.map((tag) => `${name}:${tag}`).join(',');
  const pushed = {
    type: 'image',
    ...(pushTags.length === 0
      ? { name, 'push-by-digest': 'true', 'name-canonical': 'true' }
      : { name: names(pushTags) }),
    push: 'true',
    ...(plainHttp && { 'registry.insecure': 'true' }),
    ...(builder.exact && EXACT),
  };
  const loaded = { type: 'docker', name: names(loadTags), ...(builder.exact && EXACT) };
  const outputs = [
    ...(push ? [pushed] : []),
    // The engine's own builder keeps what it pushes, and knows one output only.
    ...(load && (builder.exact || !push) ? [loaded] : []),
  ];
  return (outputs.length === 0 ? [{ type: 'cacheonly' }] : outputs).flatMap((output) => [
    '--output',
    csv(output),
  ]);
}

function pairs(option: string, values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [option, `${name}=${value}`]);
}

/** `type=a,src=b`, with the quotes of CSV where a value would break it. */
function csv(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .map((field) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');
}
