import { UserError } from '../kit/errors.ts';
import type { RegistryClient } from '../registry/client.ts';
import { formatReference, type Reference } from '../registry/reference.ts';
import { type PlatformImage, platformImages, refuseTooLarge, sizeOf } from './size.ts';

/** What the registry keeps of a build. */
export interface Published {
  readonly digest: string;
  readonly images: readonly PlatformImage[];
}

/**
 * Holds the pushed image to its budget, then gives it its names: an image that is too large never gets one that users know.
 * @param pushed the names that the push itself has given already
 * @throws UserError `image-too-large`, `registry-failed`, ...
 */
export async function publish(
  client: RegistryClient,
  image: Reference,
  digest: string,
  order: {
    readonly names: readonly string[];
    readonly pushed: readonly string[];
    readonly maxBytes: number | undefined;
  },
): Promise<Published> {
  const fetched = await client.manifest({ ...image, digest });
  if (fetched === undefined) {
    throw new UserError({
      id: 'registry-failed',
      message: 'The registry took the image and does not have it.',
      value: formatReference({ ...image, digest }),
      fix: "Run the job again; if it stays, look at the registry's log.",
    });
  }
  const images = await platformImages(client, image, fetched);
  if (order.maxBytes !== undefined) refuseTooLarge(images, order.maxBytes);
  for (const tag of order.names) {
    if (order.pushed.includes(tag)) continue;
    await client.putManifest({ ...image, tag }, fetched.bytes, fetched.descriptor.mediaType);
  }
  return { digest, images };
}

/** The size of the image that had one of these names before, the first that exists; undefined without any. */
export async function sizeBefore(
  client: RegistryClient,
  image: Reference,
  names: readonly string[],
): Promise<number | undefined> {
  for (const tag of new Set(names)) {
    const fetched = await client.manifest({ ...image, tag });
    if (fetched !== undefined) return sizeOf(await platformImages(client, image, fetched));
  }
  return undefined;
}
