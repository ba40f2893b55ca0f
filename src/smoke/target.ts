import type { SmokeCheck } from '../config/schema.ts';
import { UserError } from '../kit/errors.ts';
import type { ReleaseRecord } from '../release/record.ts';
import type { SmokePlan } from './smoke.ts';

/** What one field of a JSON answer has to be. */
export interface Field {
  /** Dotted path, e.g. `components.database.status` or `nodes.0.role`. */
  readonly path: string;
  readonly expected: string | number | boolean;
  /** Whether the value is a revision of the release, so that another one means another version. */
  readonly revision: boolean;
}

/** A check with nothing left to look up. */
export interface Target {
  /** How people call it, e.g. `GET /health (auth)`. */
  readonly name: string;
  readonly url: URL;
  readonly status: number;
  readonly fields: readonly Field[];
}

const REVISION = '${service.revision}';
const HOME: SmokeCheck = { get: '/' };

/**
 * The checks of a plan, resolved.
 * @throws UserError `url-invalid`, `smoke-timing`, `smoke-service-missing`, `smoke-record-missing` or `smoke-service-unknown`
 */
export function targetsOf(plan: SmokePlan): Target[] {
  const base = baseOf(plan.url);
  refuseHopeless(plan);
  return (plan.checks.length === 0 ? [HOME] : plan.checks).map((check) => ({
    name: `GET ${check.get}${check.service === undefined ? '' : ` (${check.service})`}`,
    // Joined as text: resolved as a reference, `//elsewhere` would lead to another host.
    url: new URL(base + check.get),
    status: check.expect?.status ?? 200,
    fields: fieldsOf(check, plan.record),
  }));
}

/** Whether a check would notice that another version answers. */
export function comparesRevision(targets: readonly Target[]): boolean {
  return targets.some(({ fields }) => fields.some(({ revision }) => revision));
}

function baseOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new UserError({
      id: 'url-invalid',
      message: 'The url to test is not an http or https address.',
      value: text,
      fix: 'Write the whole address, e.g. https://staging.example.com.',
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new UserError({
      id: 'url-invalid',
      message: 'The url to test holds a user name or a password.',
      value: url.host,
      fix: 'Leave them out of the url, and let the paths that are tested be open to everybody.',
    });
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/** Says at once what would otherwise fail for sure when the time is up. */
function refuseHopeless({ consecutive, intervalMs, timeoutMs }: SmokePlan): void {
  if (consecutive >= 1 && intervalMs >= 0 && (consecutive - 1) * intervalMs < timeoutMs) return;
  throw new UserError({
    id: 'smoke-timing',
    message: 'The smoke test cannot pass: its answers do not fit into its time.',
    value: `consecutive ${consecutive}, interval ${intervalMs} ms, timeout ${timeoutMs} ms`,
    fix: 'Raise timeout, or lower interval or consecutive.',
  });
}

function fieldsOf(check: SmokeCheck, record: ReleaseRecord | undefined): Field[] {
  return Object.entries(check.expect?.json ?? {}).map(([path, value]) => {
    if (typeof value !== 'string' || !value.includes(REVISION)) {
      return { path, expected: value, revision: false };
    }
    const revision = revisionFor(check, record);
    return { path, expected: value.replaceAll(REVISION, revision), revision: true };
  });
}

function revisionFor({ get, service }: SmokeCheck, record: ReleaseRecord | undefined): string {
  if (service === undefined) {
    throw new UserError({
      id: 'smoke-service-missing',
      message: `A smoke check expects ${REVISION} without saying of which service.`,
      value: `get: ${get}`,
      fix: 'Add "service: ..." to the check.',
    });
  }
  if (record === undefined) {
    throw new UserError({
      id: 'smoke-record-missing',
      message: `A smoke check expects ${REVISION}, but there is no release record to look it up in.`,
      value: `get: ${get}`,
      fix: 'Name the release with the input release, e.g. release: release.json.',
    });
  }
  const own = Object.hasOwn(record.services, service) ? record.services[service] : undefined;
  if (own === undefined) {
    throw new UserError({
      id: 'smoke-service-unknown',
      message: 'A smoke check names a service that the release does not contain.',
      value: service,
      fix: `Use one of: ${Object.keys(record.services).join(', ')}.`,
    });
  }
  return own.revision;
}
