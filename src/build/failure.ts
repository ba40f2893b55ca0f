import { type Problem, UserError } from '../kit/errors.ts';
import { safeLine } from '../kit/text.ts';
import { noAnswer, Passing, refusal } from '../registry/failure.ts';
import type { Trouble } from './progress.ts';

export interface Place {
  /** The Dockerfile as people name it. */
  readonly dockerfile: string;
  /** Registry and repository of the image. */
  readonly image: string;
}

/**
 * What BuildKit said, in a person's words. It is decided from the errors of BuildKit's own status, then from buildx's words.
 * A {@link Passing} one is worth another attempt.
 */
export function buildFailure({ errors, words, said }: Trouble, place: Place): UserError {
  const cause = words
    .find((line) => line.startsWith('ERROR: '))
    ?.replace(/^ERROR: (?:failed to (?:build|solve): )*/, '');
  const told = errors.find((error) => error !== '') ?? cause ?? words.at(-1) ?? 'it said nothing';
  const where = placeOf(words, place.dockerfile);
  return (
    registryFailure(told, place) ??
    new UserError(
      knownProblem(told, said, where) ?? {
        id: 'build-failed',
        message: `The build failed: ${safeLine(told)}`,
        value: where,
        fix: 'Mend what is named; the whole log stands above.',
      },
    )
  );
}

/** `Dockerfile:3` is how buildx heads the lines that it quotes; its name for the file is the last part of ours. */
function placeOf(words: readonly string[], dockerfile: string): string {
  const line = words
    .map((word) => /^\S+:(\d+)$/.exec(word)?.[1])
    .find((found) => found !== undefined);
  return line === undefined ? dockerfile : `${dockerfile}:${line}`;
}

/** What can be wrong with the Dockerfile, the settings or the machine; the words are those of BuildKit 0.12 to 0.25. */
function knownProblem(told: string, said: readonly string[], where: string): Problem | undefined {
  const secret = /^secret (\S+): not found/.exec(told)?.[1];
  if (secret !== undefined) {
    return {
      id: 'secret-missing',
      message: `The Dockerfile needs the secret ${safeLine(secret)}, and the build was not given it.`,
      value: where,
      fix: `Add "${safeLine(secret)}=\${{ secrets.NAME }}" to the input secrets, or "${safeLine(secret)}=path" to secret-files; check that the secret exists.`,
    };
  }
  const foreign = [told, ...said].find((text) =>
    /exec format error|no match for platform in manifest/.test(text),
  );
  if (foreign !== undefined) {
    return {
      id: 'platform-unsupported',
      message: `The builder cannot run or find what this platform needs: ${safeLine(foreign)}`,
      value: where,
      fix: 'Add docker/setup-qemu-action@1f40c72289eff860ee54a304f1438e3cff362e0a # v4.3.0 before this step, use a base image that exists for the platform, or leave the platform out.',
    };
  }
  if (told.includes('no space left on device')) {
    return {
      id: 'builder-disk-full',
      message: `The disk of the builder is full: ${safeLine(told)}`,
      value: where,
      fix: 'Free space on the runner (docker buildx prune, docker system prune), or take a larger one.',
    };
  }
  const copied = /"(\/[^"]*)": not found/.exec(told)?.[1];
  if (copied !== undefined) {
    return {
      id: 'copy-source-missing',
      message: `The Dockerfile copies ${safeLine(copied)}, which is not in the build context.`,
      value: where,
      fix: 'Check the path (it is relative to the context), .dockerignore, and that an earlier step made the file.',
    };
  }
  const step = /^process "(.*)" did not complete successfully: (.*)$/s.exec(told);
  if (step !== null) {
    return {
      id: 'build-step-failed',
      message: `A step of the Dockerfile failed with ${safeLine(step[2] ?? '')}: ${safeLine(step[1] ?? '')}`,
      value: where,
      fix: 'Its own words stand above and in the summary.',
    };
  }
  const line = /dockerfile parse error on line (\d+)/.exec(told)?.[1];
  if (
    line !== undefined ||
    /target stage .* could not be found|failed to parse|unknown instruction|no build stage/.test(
      told,
    )
  ) {
    return {
      id: 'dockerfile-invalid',
      message: `The Dockerfile cannot be read: ${safeLine(told)}`,
      value: line === undefined ? where : where.replace(/(:\d+)?$/, `:${line}`),
      fix: 'Mend the line that is named.',
    };
  }
  if (/: not found$|failed to resolve source metadata/.test(told)) {
    return {
      id: 'base-image-missing',
      message: `A base image does not exist: ${safeLine(told)}`,
      value: where,
      fix: 'Check its name and tag, and that the account that logs in may read it.',
    };
  }
  return undefined;
}

const UNTRUSTED = /x509:|tls: failed to verify|server gave HTTP response to HTTPS client/;
const UNREACHABLE =
  /dial tcp|no such host|i\/o timeout|connection re(?:fused|set)|unexpected EOF|TLS handshake timeout|broken pipe/;

/** A registry's refusal as BuildKit passes it on: status and address stand in the text. */
function registryFailure(told: string, { image }: Place): UserError | undefined {
  const path = /https?:\/\/([^/\s"]+)\/v2\/(\S+?)\/(?:blobs|manifests)\//.exec(told);
  const subject = path === null ? image : `${path[1] ?? ''}/${path[2] ?? ''}`;
  if (UNTRUSTED.test(told)) {
    return new UserError({
      id: 'registry-untrusted',
      message: `The builder does not trust the registry: ${safeLine(told)}`,
      value: subject,
      fix: 'Give the builder the certificate of its authority (docker/setup-buildx-action: buildkitd-config-inline, [registry."host"] ca=[...]; for the engine\'s own builder /etc/docker/certs.d/<registry>/ca.crt), or name it in registry-plain-http.',
    });
  }
  if (UNREACHABLE.test(told)) return noAnswer(new Error(told), subject);
  const status = statusOf(told);
  if (status === undefined) return undefined;
  return refusal({ status, headers: {}, body: Buffer.from(told) }, subject, 0);
}

function statusOf(told: string): number | undefined {
  const said = /\b(4\d\d|5\d\d) [A-Z][A-Za-z]+/.exec(told)?.[1];
  if (said !== undefined) return Number(said);
  if (/toomanyrequests|too many requests/i.test(told)) return 429;
  if (
    /\bunauthorized\b|no basic auth credentials|insufficient_scope|authorization failed/i.test(told)
  )
    return 401;
  if (/\bdenied\b/i.test(told)) return 403;
  // Of some answers only the registry's own words are passed on.
  return told.startsWith('failed to push') ? 500 : undefined;
}

/** Whether the same build may succeed in a moment; what is done is in BuildKit's cache. */
export function mayPass(error: unknown): boolean {
  return error instanceof Passing;
}
