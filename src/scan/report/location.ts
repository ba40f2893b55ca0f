import { basename, isAbsolute, join } from 'node:path/posix';
import type { Scanned } from '../policy/gate.ts';
import type { Finding } from './finding.ts';

/** A line of a file of the repository. */
export interface Location {
  readonly path: string;
  readonly line: number;
  readonly endLine?: number;
}

/** Where the repository makes what was scanned: of an image the Dockerfile and its last FROM; undefined where that is not known. */
export type Locate = (scanned: Scanned) => Location | undefined;

/** Where in the repository somebody has to look for a finding. */
export function locationOf(scanned: Scanned, finding: Finding, locate: Locate): Location {
  const { kind, target, reference } = scanned;
  const { place, lines, package: from } = finding;
  switch (kind) {
    case 'image':
      // GitHub wants a file, and shows the result even when there is none of that name. What Trivy calls the place of the
      // distribution's packages is the image, digest and all.
      return (
        locate(scanned) ?? {
          path: from && place === finding.target ? target : place.replace(/^\/+/, ''),
          line: 1,
        }
      );
    case 'sbom':
      return locate(scanned) ?? { path: reference, line: 1 };
    default:
      return {
        path: pathOf(reference, place),
        line: lines?.start ?? 1,
        ...(lines !== undefined && { endLine: lines.end }),
      };
  }
}

/** Trivy's paths start at the folder that it was given; of a file it was given, they are the last part. */
function pathOf(reference: string, place: string): string {
  const path = basename(reference) === place ? reference : join(reference, place);
  return isAbsolute(path) || path.startsWith('..') || reference.includes('://') ? place : path;
}
