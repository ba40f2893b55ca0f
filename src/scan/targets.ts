import { existsSync } from 'node:fs';
import { UserError } from '../kit/errors.ts';
import { insideWorkspace } from '../kit/inputs.ts';
import { formatReference, parseReference } from '../registry/reference.ts';
import type { ImageFacts } from '../release/leg.ts';
import type { Scanned } from './policy/gate.ts';

/** Something to scan. */
export interface Target {
  /** The service, or the path or image as it was given: the same from run to run. */
  readonly name: string;
  readonly kind: Scanned['kind'];
  /** As it was given: an image, a path in the workspace, or an address. */
  readonly reference: string;
  /** What Trivy is given: the same, with an absolute path. */
  readonly given: string;
}

/** What the user names, by kind. */
export interface Wanted {
  /** `reference` or `name=reference`. */
  readonly images: readonly string[];
  readonly services: Readonly<Record<string, Pick<ImageFacts, 'image'>>>;
  readonly filesystem: readonly string[];
  readonly repository: readonly string[];
  readonly configuration: readonly string[];
  readonly sbom: readonly string[];
}

/**
 * What is to be scanned, each once.
 * @throws UserError `scan-nothing`, `scan-duplicate`, `scan-path-missing`, `bad-image`, `bad-address` or `path-outside-workspace`
 */
export function targetsOf(wanted: Wanted, workspace: string): Target[] {
  const paths = (kind: Target['kind'], given: readonly string[]): Target[] =>
    given.map((path) => ({ name: path, kind, reference: path, given: existing(path, workspace) }));
  const targets = [
    ...Object.entries(wanted.services).map(([name, { image }]) => imageTarget(name, image)),
    ...wanted.images.map(namedImage),
    ...paths('filesystem', wanted.filesystem),
    ...wanted.repository.map((place) => repositoryTarget(place, workspace)),
    ...paths('configuration', wanted.configuration),
    ...paths('sbom', wanted.sbom),
  ];
  if (targets.length === 0) {
    throw new UserError({
      id: 'scan-nothing',
      message: 'There is nothing to scan.',
      fix: 'Give at least one of the inputs images, release, legs, filesystem, repository, configuration and sbom.',
    });
  }
  return once(targets);
}

/** A second mention of the same thing is none; things of one name would be one in every report. */
function once(targets: readonly Target[]): Target[] {
  const byName = new Map<string, Target>();
  for (const target of targets) {
    const other = byName.get(target.name);
    const name =
      other === undefined || other.kind === target.kind
        ? target.name
        : `${target.name} (${target.kind})`;
    const same = byName.get(name);
    if (same !== undefined && same.given !== target.given) {
      throw new UserError({
        id: 'scan-duplicate',
        message: `Two things that differ are called ${name}: ${same.given} and ${target.given}.`,
        value: name,
        fix: 'Give each image a name of its own: name=image.',
      });
    }
    byName.set(name, { ...target, name });
  }
  return [...byName.values()];
}

function namedImage(line: string): Target {
  const [, name, image] = /^([A-Za-z0-9][A-Za-z0-9._-]*)=(.*)$/.exec(line) ?? [];
  if (name !== undefined && image !== undefined) return imageTarget(name, image.trim());
  const { tag: _tag, digest: _digest, ...repository } = parseReference(line);
  return imageTarget(formatReference({ ...repository, tag: undefined, digest: undefined }), line);
}

function imageTarget(name: string, image: string): Target {
  const reference = formatReference(parseReference(image));
  return { name, kind: 'image', reference, given: reference };
}

function repositoryTarget(place: string, workspace: string): Target {
  if (!place.includes('://'))
    return {
      ...{ name: place, kind: 'repository', reference: place },
      given: existing(place, workspace),
    };
  const url = URL.canParse(place) ? new URL(place) : undefined;
  if (url?.protocol === 'https:' && url.username === '' && url.password === '')
    return { name: place, kind: 'repository', reference: place, given: url.href };
  throw new UserError({
    id: 'bad-address',
    message: 'This is no address of a repository that can be scanned.',
    value: place.replace(/\/\/[^@/]*@/, '//***@'),
    fix: 'Give an https address without a user or a password in it, or check the repository out and give its folder.',
  });
}

function existing(path: string, workspace: string): string {
  const real = insideWorkspace(path, workspace);
  if (existsSync(real)) return real;
  throw new UserError({
    id: 'scan-path-missing',
    message: 'What is to be scanned is not there.',
    value: path,
    fix: 'Give a path in the repository, and check it out before this step.',
  });
}
