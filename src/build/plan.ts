import { UserError } from '../kit/errors.ts';
import type { Builder } from './builder.ts';

type CacheKind = 'registry' | 'gha' | 'local' | 'none';
type Attestation = 'github' | 'buildkit' | 'none';

/** What is asked of the builder beyond a plain image. */
export interface Wishes {
  readonly platforms: readonly string[];
  readonly attestation: Attestation;
  /** `false`, `true`, or the image that makes the bill of materials. */
  readonly sbom: string;
  readonly cache: CacheKind;
  readonly push: boolean;
  readonly load: boolean;
}

const SETUP_BUILDX =
  'Add this step before: uses: docker/setup-buildx-action@37fe631027851001ddb9b187196cc803df7f5f0e # v4.3.0';

/**
 * Refuses what cannot be had, before any time is spent.
 * @throws UserError `builder-too-plain`, `attestation-conflict` or `load-conflict`
 */
export function refuseImpossible(wishes: Wishes, builder: Builder): void {
  const several = wishes.platforms.length > 1;
  if (wishes.sbom !== 'false' && wishes.attestation !== 'buildkit') {
    throw new UserError({
      id: 'attestation-conflict',
      message: 'The bill of materials is an attestation of BuildKit, and those are switched off.',
      value: `attestation: ${wishes.attestation}, sbom: ${wishes.sbom}`,
      fix: 'Write attestation: buildkit, or leave sbom out and let actions/attest do it.',
    });
  }
  if (wishes.load && (several || wishes.attestation === 'buildkit') && !wishes.push) {
    throw new UserError({
      id: 'load-conflict',
      message: 'An image of several platforms or with attestations cannot be loaded into Docker.',
      value: several ? wishes.platforms.join(',') : 'attestation: buildkit',
      fix: 'Push it (push: true), or load it for one platform with attestation: none.',
    });
  }
  if (builder.rich) return;
  const lacking = [
    ...(several ? ['build for several platforms'] : []),
    ...(wishes.attestation === 'buildkit' ? ['attach attestations'] : []),
  ];
  if (lacking.length === 0) return;
  throw new UserError({
    id: 'builder-too-plain',
    message: `The builder ${builder.name} (driver ${builder.driver}) cannot ${lacking.join(' or ')}: the Docker Engine does not use the containerd image store.`,
    value: several ? wishes.platforms.join(',') : `attestation: ${wishes.attestation}`,
    fix: `${SETUP_BUILDX}${several ? '; where steps RUN on a foreign platform, also docker/setup-qemu-action@1f40c72289eff860ee54a304f1438e3cff362e0a # v4.3.0' : ''}`,
  });
}

/** Why this build's cache will not be kept; undefined when it will, or when nobody asked for it. */
export function cacheNotKept(
  wishes: Wishes,
  builder: Builder,
  env: NodeJS.ProcessEnv,
): string | undefined {
  if (wishes.cache === 'none') return undefined;
  if (!builder.rich)
    return `the builder ${builder.name} (driver ${builder.driver}) cannot export one. ${SETUP_BUILDX}`;
  if (wishes.cache === 'gha' && !env.ACTIONS_RUNTIME_TOKEN)
    return "GitHub's cache is not reachable from this job. Use cache: registry.";
  return undefined;
}
