import type { Target } from '../targets.ts';

/** What Trivy can look for; its own names. */
export const SCANNERS = ['vuln', 'secret', 'misconfig', 'license'] as const;

export type Scanner = (typeof SCANNERS)[number];

export interface Wish {
  readonly scanners: readonly Scanner[];
  /** `linux/arm64`, of images that have several. */
  readonly platform: string;
  /** Whether Trivy may ask package registries about what a manifest leaves open. */
  readonly offline: boolean;
}

/** What Trivy is to look at. */
export interface Located {
  /** An image, an absolute path, or an address. */
  readonly reference: string;
  /** Where an image is. */
  readonly source: 'remote' | 'docker';
}

const COMMANDS = {
  image: 'image',
  filesystem: 'filesystem',
  repository: 'repository',
  configuration: 'config',
  sbom: 'sbom',
} as const;

/** What is looked for in a target of that kind: a bill of materials holds packages only. */
export function lookedFor(kind: Target['kind'], scanners: readonly Scanner[]): readonly Scanner[] {
  if (kind === 'configuration') return ['misconfig'];
  return kind === 'sbom' ? scanners.filter((one) => one === 'vuln' || one === 'license') : scanners;
}

/**
 * The arguments for one target, whose whole result goes to `output` as JSON: nothing is left out for its severity or for want of a
 * fix, since gate and reports are made of it. Databases are there already. Only the checks that this version of Trivy was built with
 * are used, so that a verdict does not change by itself.
 */
export function scanArguments(
  kind: Target['kind'],
  { reference, source }: Located,
  output: string,
  { scanners, platform, offline }: Wish,
): string[] {
  const common = [COMMANDS[kind], reference, '--format', 'json', '--output', output];
  if (kind === 'configuration') return [...common, '--skip-check-update'];
  const looked = lookedFor(kind, scanners);
  return [
    ...common,
    ...['--list-all-pkgs', '--skip-db-update', '--skip-java-db-update'],
    ...(looked.includes('misconfig') ? ['--skip-check-update'] : []),
    // Not for images: it would turn off the index of Java archives, and no manifest that leaves something open is read in them.
    ...(offline && kind !== 'image' ? ['--offline-scan'] : []),
    ...['--scanners', looked.join(',')],
    ...(kind === 'image' ? ['--image-src', source, '--platform', platform] : []),
  ];
}
