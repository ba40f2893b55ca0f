import type { Revision } from '../detect/git.ts';

/**
 * What the image says about itself, by https://github.com/opencontainers/image-spec/blob/main/annotations.md. The time is the commit's,
 * so that the same commit gives the same image.
 */
export function ociLabels(
  { commit, epoch }: Revision,
  facts: {
    readonly title: string;
    readonly version: string | undefined;
    readonly source: string | undefined;
  },
): Record<string, string> {
  const { title, version, source } = facts;
  return {
    'org.opencontainers.image.created': new Date(epoch * 1000).toISOString().replace('.000', ''),
    'org.opencontainers.image.revision': commit,
    ...(source !== undefined && { 'org.opencontainers.image.source': source }),
    'org.opencontainers.image.title': title,
    ...(version !== undefined && { 'org.opencontainers.image.version': version }),
  };
}

/** Build arguments that a Dockerfile may declare to learn what it is built from; others are not passed, BuildKit would warn. */
export function knownArguments(
  declared: ReadonlySet<string>,
  { commit, epoch }: Revision,
  version: string | undefined,
): Record<string, string> {
  return {
    // Known to BuildKit itself: https://reproducible-builds.org/docs/source-date-epoch/
    SOURCE_DATE_EPOCH: String(epoch),
    ...(declared.has('REVISION') && { REVISION: commit }),
    ...(declared.has('VERSION') && version !== undefined && { VERSION: version }),
  };
}
