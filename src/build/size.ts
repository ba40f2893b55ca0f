import { UserError } from '../kit/errors.ts';
import { formatSize } from '../kit/size.ts';
import type { Fetched, Manifest, RegistryClient } from '../registry/client.ts';
import type { Reference } from '../registry/reference.ts';

/** A layer, and the instruction that made it. */
interface Layer {
  readonly size: number;
  readonly madeBy: string;
}

/** An image for one platform as the registry keeps it: compressed. */
export interface PlatformImage {
  readonly platform: string;
  /** Bytes of all layers and of the configuration. */
  readonly size: number;
  readonly layers: readonly Layer[];
}

interface ImageConfig {
  readonly os?: string;
  readonly architecture?: string;
  readonly variant?: string;
  readonly history?: readonly { readonly created_by?: string; readonly empty_layer?: boolean }[];
}

const LARGEST_CONFIG = 4 * 1024 * 1024;

/** Reads the images behind a manifest or index; attestations are none. */
export async function platformImages(
  client: RegistryClient,
  repository: Reference,
  { json }: Fetched,
): Promise<PlatformImage[]> {
  if (json.manifests === undefined) return [await platformImage(client, repository, json)];
  const images = json.manifests.filter(({ platform }) => platform?.os !== 'unknown');
  return Promise.all(
    images.map(async ({ digest }) => {
      const image = await client.manifest({ ...repository, tag: undefined, digest });
      return platformImage(client, repository, image?.json ?? {});
    }),
  );
}

async function platformImage(
  client: RegistryClient,
  repository: Reference,
  { config, layers = [] }: Manifest,
): Promise<PlatformImage> {
  const text =
    config === undefined ? '{}' : await client.blob(repository, config.digest, LARGEST_CONFIG);
  const {
    os = '',
    architecture = '',
    variant,
    history = [],
  } = JSON.parse(text.toString()) as ImageConfig;
  const instructions = history.filter((entry) => entry.empty_layer !== true);
  return {
    platform: [os, architecture, ...(variant ? [variant] : [])].join('/'),
    size: layers.reduce((sum, { size }) => sum + size, config?.size ?? 0),
    layers: layers.map(({ size }, index) => ({
      size,
      madeBy: instructions[index]?.created_by ?? 'unknown',
    })),
  };
}

/** The size of an image that comes in several platforms is that of the largest. */
export function sizeOf(images: readonly PlatformImage[]): number {
  return Math.max(0, ...images.map(({ size }) => size));
}

const SHOWN = 5;

/**
 * Holds an image to its budget.
 * @throws UserError `image-too-large`, with the largest layers
 */
export function refuseTooLarge(images: readonly PlatformImage[], maxBytes: number): void {
  const largest = images.toSorted((a, b) => b.size - a.size)[0];
  if (largest === undefined || largest.size <= maxBytes) return;
  const layers = largest.layers
    .toSorted((a, b) => b.size - a.size)
    .slice(0, SHOWN)
    .map(({ size, madeBy }) => `${formatSize(size)} by ${shortened(madeBy)}`);
  throw new UserError({
    id: 'image-too-large',
    message: `The image has ${formatSize(largest.size)} in the registry, and max-size allows ${formatSize(maxBytes)}.`,
    value: `${largest.platform}: ${formatSize(largest.size)}`,
    fix: `Make its largest layers smaller, or raise max-size: ${layers.join('; ')}.`,
  });
}

function shortened(madeBy: string): string {
  const text = madeBy.replace(/^\/bin\/sh -c (#\(nop\) )?/, '').replace(/ # buildkit$/, '');
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
