import { formatDuration } from '../../kit/duration.ts';
import { type Problem, UserError } from '../../kit/errors.ts';
import { safeLine } from '../../kit/text.ts';
import type { Kind } from './kinds.ts';

/** A database that is sound, but older than is allowed. */
export class Stale extends UserError {
  readonly updatedAt: Date;

  constructor(problem: Problem, updatedAt: Date) {
    super(problem);
    this.updatedAt = updatedAt;
  }
}

const MIRROR = 'name another mirror, or run the job again later';

/** What can go wrong with a database, and what to do about each. `why` is half a sentence; `value` says where. */
const FAILURES = [
  {
    id: 'database-unreachable',
    is: 'cannot be reached',
    fix: `Check the address, and that this runner has a way to it (proxy, firewall, DNS); or ${MIRROR}.`,
  },
  {
    id: 'database-timeout',
    is: 'did not come in time',
    fix: 'Give it more time, or name a mirror that is nearer to this runner.',
  },
  {
    id: 'database-denied',
    is: 'may not be read',
    fix: 'The public databases need no login: a wrong or expired one is refused, so log out of that registry, or log in anew (docker/login-action). For a mirror of your own, give the job the right to read it.',
  },
  {
    id: 'database-untrusted',
    is: 'is offered by a server that is not trusted',
    fix: 'Give the certificate of its authority (PEM) as the input registry-ca.',
  },
  {
    id: 'database-missing',
    is: 'is not there',
    fix: 'Check the name and the tag of the repository; a mirror has to hold the same artifact as the original.',
  },
  {
    id: 'database-limit',
    is: "is behind a registry's limit of requests",
    fix: `Log in to that registry, since anonymous limits are low; or ${MIRROR}.`,
  },
  {
    id: 'database-failed',
    is: 'could not be fetched',
    fix: `Read what the registry or Trivy said; ${MIRROR}.`,
  },
  {
    id: 'database-corrupt',
    is: 'is damaged',
    fix: "Run the job again (offline: remove it from Trivy's cache first). If it stays, a proxy or the mirror damages it: name another mirror.",
  },
  {
    id: 'database-empty',
    is: 'is empty',
    fix: 'A scan would find nothing. Name a mirror that holds the whole database.',
  },
  {
    id: 'database-schema',
    is: 'has another format than this Trivy reads',
    fix: 'Name the repository with the tag that belongs to this Trivy: trivy-db:2, trivy-java-db:1.',
  },
  {
    id: 'database-clock',
    is: 'is dated in the future',
    fix: "Set this runner's clock; if it is right, trust this mirror no more and name another one.",
  },
  {
    id: 'database-offline',
    is: 'is not on this runner, and nothing may be fetched',
    fix: "Put it into Trivy's cache folder before this step (trivy image --download-db-only on a machine that may), or turn offline off.",
  },
] as const;

type FailureId = (typeof FAILURES)[number]['id'];
const BY_ID = new Map(FAILURES.map((known) => [known.id, known]));

export function failure(id: FailureId, kind: Kind, value: string, why?: string): UserError {
  const { is = '', fix = '' } = BY_ID.get(id) ?? {};
  const because = why === undefined ? '' : `: ${safeLine(why)}`;
  return new UserError({ id, message: `The ${kind.title} ${is}${because}.`, value, fix });
}

export function stale(kind: Kind, value: string, updatedAt: Date, maxAgeMs: number): Stale {
  const message = `The ${kind.title} is of ${updatedAt.toISOString()}: older than ${days(maxAgeMs)}.`;
  const fix =
    'Vulnerabilities that became known since then are not found. Name a mirror that is kept up to date, or allow a higher age.';
  return new Stale({ id: 'database-stale', message, value, fix }, updatedAt);
}

function days(ms: number): string {
  return ms >= 86_400_000 ? `${Math.round(ms / 8_640_000) / 10} days` : formatDuration(ms);
}

const BY_REGISTRY: Readonly<Record<string, FailureId>> = {
  'registry-unreachable': 'database-unreachable',
  'registry-denied': 'database-denied',
  'registry-untrusted': 'database-untrusted',
  'registry-limit': 'database-limit',
  'digest-mismatch': 'database-corrupt',
};

/** What an error of the registry's client means for a database. */
export function ofRegistry(error: unknown, kind: Kind, repository: string): unknown {
  if (!(error instanceof UserError) || !/^(?:registry-|digest-mismatch)/.test(error.id))
    return error;
  const { name = '' } = (error.cause ?? {}) as { name?: string };
  const hung = /^(?:Timeout|Abort)Error$/.test(name);
  const id = hung ? 'database-timeout' : (BY_REGISTRY[error.id] ?? 'database-failed');
  return failure(id, kind, repository, error.message.replace(/\.$/, ''));
}

/** What Trivy says when it cannot fetch something. The first that fits counts. */
const BY_WORDS: readonly (readonly [RegExp, FailureId, string?])[] = [
  [/x509:|certificate/i, 'database-untrusted'],
  [/TOOMANYREQUESTS|\b429\b/, 'database-limit'],
  [/UNAUTHORIZED|DENIED|FORBIDDEN|\b40[13] (?:Unauthorized|Forbidden)/i, 'database-denied'],
  [/(?:MANIFEST|BLOB|NAME)_UNKNOWN|\b404 Not Found/i, 'database-missing'],
  [/unexpected EOF/, 'database-corrupt', 'it ended before all of it was there'],
  [/verifying sha256|gzip|flate|archive\/tar|invalid header|checksum|unpack/i, 'database-corrupt'],
  [/no such host|connection refused|connection reset|unreachable|i\/o timeout|handshake/i, 'database-unreachable'],
]; // prettier-ignore

/** What the last words of a Trivy that failed to fetch a database mean. */
export function ofTrivy(lines: readonly string[], kind: Kind, repository: string): UserError {
  const fatal = lines.findLastIndex((line) => /\b(?:FATAL|panic)\b/.test(line));
  const words = lines.slice(Math.max(fatal, 0)).join(' ');
  const [, id, why] = BY_WORDS.find(([pattern]) => pattern.test(words)) ?? [0, 'database-failed'];
  return failure(id, kind, repository, why ?? shortened(words));
}

/** Trivy tells each error within the last: the cause stands at the end. */
export function shortened(words: string): string {
  const text = words.replace(/\s+/g, ' ').trim();
  return text.length <= 300 ? text : `... ${text.slice(-300)}`;
}
