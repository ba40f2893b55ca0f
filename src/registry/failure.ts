import { UserError } from '../kit/errors.ts';
import { safeLine } from '../kit/text.ts';
import { type Answer, TooLong } from './transport.ts';

/** A failure that may pass by itself. */
export class Passing extends UserError {
  /** How long the registry asks to be left alone; 0 where it does not say. */
  readonly retryAfterMs: number;

  constructor(problem: UserError, retryAfterMs = 0) {
    super(problem, { cause: problem.cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/** What an answer that is no success means. @param subject registry and repository, as a person knows them */
export function refusal(answer: Answer, subject: string, now: number): UserError {
  const { status } = answer;
  const said = wordsOf(answer);
  const words = `${status}${said === '' ? '' : `: ${said}`}`;
  if (status === 401 || status === 403) {
    return /quota|exceed|storage limit|toomanyrequests/i.test(said)
      ? full(words, subject)
      : denied(words, subject);
  }
  if (status === 429) return new Passing(busy(words, subject), retryAfterMs(answer, now));
  if (status === 413 || status === 507) return full(words, subject);
  if (status === 405) {
    return new UserError({
      id: 'registry-read-only',
      message: `The registry takes no pushes now (${words}).`,
      value: subject,
      fix: 'It is read-only, for maintenance or because it is a mirror: push to the registry itself, or try again later.',
    });
  }
  if (status === 404) {
    return new UserError({
      id: 'registry-no-repository',
      message: `The registry does not have this repository, nor does it make one (${words}).`,
      value: subject,
      fix: 'Create the repository in the registry, and check the name and the account.',
    });
  }
  const failed = new UserError({
    id: 'registry-failed',
    message: `The registry failed (${words}).`,
    value: subject,
    fix: "Run the job again; if it stays, look at the registry's status page or its log.",
  });
  return status >= 500 ? new Passing(failed, retryAfterMs(answer, now)) : failed;
}

/** 401, 403, or a login server that will not have us. */
export function denied(words: string, subject: string): UserError {
  const ghcr = subject.startsWith('ghcr.io/')
    ? ' For ghcr.io the job needs "packages: write" (to read: "packages: read") under "permissions:", and the package must give this repository access ("Manage Actions access").'
    : '';
  return new UserError({
    id: 'registry-denied',
    message: `The registry does not allow this (${words}).`,
    value: subject,
    fix: `Log in before this step with docker/login-action, or give registry-username and registry-password; the account must have the right to this repository.${ghcr}`,
  });
}

/** The registry answered with something that its protocol does not know. */
export function nonsense(why: string, subject: string): UserError {
  return new UserError({
    id: 'registry-failed',
    message: `The registry answered with something else than was asked for: ${why}`,
    value: subject,
    fix: 'Check that the address is that of a registry, and what its log says.',
  });
}

/** What was fetched is not what its digest says. */
export function corrupt(digest: string, subject: string): UserError {
  return new UserError({
    id: 'digest-mismatch',
    message: `The registry sent other bytes than those of ${digest}.`,
    value: subject,
    fix: 'Trust nothing of this registry until it is clear why: damaged storage, a broken cache in between, or an attack.',
  });
}

function busy(words: string, subject: string): UserError {
  return new UserError({
    id: 'registry-limit',
    message: `The registry's limit of requests is reached (${words}).`,
    value: subject,
    fix: 'Wait and run the job again; log in (docker/login-action), since limits for anonymous users are low.',
  });
}

function full(words: string, subject: string): UserError {
  return new UserError({
    id: 'registry-limit',
    message: `The registry's quota is used up (${words}).`,
    value: subject,
    fix: 'Delete old versions of the packages, or raise the quota of the registry.',
  });
}

const MISTRUST = /^(?:CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH)/;
const NO_TLS = /^(?:EPROTO|ERR_SSL_)/;

/** What went wrong before there was an answer. */
export function noAnswer(error: unknown, subject: string): UserError {
  if (error instanceof UserError) return error;
  const { code = '', name, message } = error as NodeJS.ErrnoException;
  if (error instanceof TooLong || code.startsWith('HPE_'))
    return nonsense(`${safeLine(message)}.`, subject);
  if (MISTRUST.test(code)) {
    return new UserError({
      id: 'registry-untrusted',
      message: `The certificate of the registry is not trusted (${safeLine(message)}).`,
      value: subject,
      fix: 'Give the certificate of its authority (PEM) as the input registry-ca.',
    });
  }
  if (NO_TLS.test(code)) {
    return new UserError({
      id: 'registry-untrusted',
      message: `The registry does not speak TLS (${code}).`,
      value: subject,
      fix: 'Give it a certificate; or, in a network that you trust, name it in the input registry-plain-http.',
    });
  }
  const why = name === 'TimeoutError' || name === 'AbortError' ? 'no answer in time' : message;
  return new Passing(
    new UserError(
      {
        id: 'registry-unreachable',
        message: `The registry cannot be reached from this job (${safeLine(why)}).`,
        value: subject,
        fix: 'Check its address, that it is up, and that this runner has a way to it.',
      },
      { cause: error },
    ),
  );
}

/** The registry's own words; at most 300 characters of them. Source: distribution-spec, "Error Codes". */
function wordsOf({ body }: Answer): string {
  const text = body.toString('utf8');
  try {
    const { errors } = JSON.parse(text) as { errors?: { code?: unknown; message?: unknown }[] };
    const words = errors?.map(({ code, message }) => `${String(code)} ${String(message)}`);
    return safeLine((words ?? []).join('; ')).slice(0, 300);
  } catch {
    return safeLine(text).trim().slice(0, 300);
  }
}

/** Retry-After as seconds or as a date, in milliseconds from now. */
function retryAfterMs({ headers }: Answer, now: number): number {
  const text = headers['retry-after'] ?? '';
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? 0 : Math.max(0, ms);
}
