import { normalize } from 'node:path/posix';
import {
  choice,
  duration,
  flag,
  insideWorkspace,
  optional,
  secret,
  workspace,
} from '../../kit/inputs.ts';
import { parseWish, type Wish } from './range.ts';
import { USUAL_CONFIG } from './rules.ts';

/** What the action is given, checked. */
export interface SecretInputs {
  readonly workspace: string;
  readonly range: Wish;
  /** Path of gitleaks' configuration in the repository. */
  readonly config: string;
  readonly baseline: string | undefined;
  readonly mirror: string | undefined;
  readonly token: string | undefined;
  /** Where the SARIF file goes: as it was given, and absolute. */
  readonly sarif: { readonly name: string; readonly path: string };
  readonly upload: boolean;
  /** Whether secrets fail the step. */
  readonly fail: boolean;
  readonly timeoutMs: number;
}

/** Reads the inputs. @throws UserError for the first one that cannot be */
export function secretInputs(): SecretInputs {
  const folder = workspace();
  const baseline = optional('baseline');
  const sarif = optional('sarif') ?? 'slipway-scan/secrets.sarif';
  return {
    workspace: folder,
    range: parseWish(optional('range') ?? 'auto'),
    config: normalize(optional('gitleaks-config') ?? USUAL_CONFIG),
    baseline: baseline === undefined ? undefined : normalize(baseline),
    mirror: optional('gitleaks-mirror'),
    token: secret('token')?.trim(),
    sarif: { name: sarif, path: insideWorkspace(sarif, folder) },
    upload: choice('upload-sarif', ['auto', 'false']) === 'auto',
    fail: flag('fail', true),
    timeoutMs: duration('timeout', '10m'),
  };
}
