import { formatDuration } from '../../kit/duration.ts';
import { messageOf, UserError } from '../../kit/errors.ts';
import { retry } from '../../kit/retry.ts';
import { digestOf } from '../../registry/digest.ts';
import { Passing } from '../../registry/failure.ts';
import { Transport } from '../../registry/transport.ts';
import { corrupt, unavailable } from './failure.ts';
import type { Archive, Program } from './pins.ts';
import type { Terms, ToolContext } from './tool.ts';

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 2_000;
/** Four times what the largest archive has. */
const LONGEST = 256 * 1024 * 1024;

/**
 * Fetches an archive and holds it to its checksum; tries again where that may help, and once when the bytes are wrong.
 * @throws UserError `tool-unavailable`, `tool-corrupt` or `url-invalid`
 */
export async function download(
  program: Program,
  { file, sha256 }: Archive,
  { mirror, attemptMs }: Terms,
  { log, clock }: Pick<ToolContext, 'log' | 'clock'>,
): Promise<Buffer> {
  const url = new URL(
    `${mirror === undefined ? program.releases : baseOf(mirror)}/v${program.version}/${file}`,
  );
  const transport = new Transport(undefined, attemptMs);
  let damaged = 0;
  const attempt = async (): Promise<Buffer> => {
    const { status, body } = await transport
      .ask({ method: 'GET', url, maxBytes: LONGEST })
      .catch((error: unknown) => {
        throw new Passing(unavailable(program, url, wordsOf(error, attemptMs)));
      });
    if (status !== 200) {
      const problem = unavailable(program, url, `HTTP ${status}`);
      throw status >= 500 || [408, 429].includes(status) ? new Passing(problem) : problem;
    }
    const digest = digestOf(body);
    if (digest === `sha256:${sha256}`) return body;
    damaged += 1;
    const problem = corrupt(
      program,
      url.href,
      `expected sha256:${sha256}, got ${digest} (${body.length} bytes)`,
    );
    throw damaged === 1 ? new Passing(problem) : problem;
  };
  log.info(`Fetching ${url.href}`);
  return retry(
    attempt,
    {
      attempts: ATTEMPTS,
      pauseMs: FIRST_PAUSE_MS,
      retryable: (error) => error instanceof Passing,
      onRetry: (error, pauseMs) => {
        log.info(`${messageOf(error)} Trying again in ${formatDuration(pauseMs)}.`);
      },
    },
    clock,
  );
}

function wordsOf(error: unknown, attemptMs: number): string {
  const { name, code, message } = error as NodeJS.ErrnoException;
  if (name === 'TimeoutError' || name === 'AbortError')
    return `not complete within ${formatDuration(attemptMs)}`;
  // Several addresses that all refuse are an error without a message.
  return message === '' ? (code ?? name) : message;
}

function baseOf(mirror: string): string {
  const url = URL.parse(mirror);
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '')
    return url.origin + url.pathname.replace(/\/+$/, '');
  throw new UserError({
    id: 'url-invalid',
    message: 'The mirror is not an http or https address, or holds a password.',
    value: url?.host ?? mirror.replace(/.*@/s, ''),
    fix: 'Write the whole address without it, e.g. https://mirror.example.com/trivy.',
  });
}
