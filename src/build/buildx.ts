import { readFileSync } from 'node:fs';
import { UserError } from '../kit/errors.ts';
import { formatDuration } from '../kit/duration.ts';
import { retry } from '../kit/retry.ts';
import { formatReference } from '../registry/reference.ts';
import { type BuildOrder, buildArguments } from './command.ts';
import { ask } from './docker.ts';
import { buildFailure, mayPass } from './failure.ts';
import { Progress } from './progress.ts';
import type { Context } from './run.ts';

/** What buildx writes down about a build: `containerimage.digest`, `buildx.build.ref`, ... */
export type Metadata = Readonly<Record<string, unknown>>;

export interface BuildxResult {
  readonly metadata: Metadata;
  readonly progress: Progress;
}

/** An error of the build together with what BuildKit had said by then. */
export class BuildFailed extends UserError {
  readonly progress: Progress;

  constructor(problem: UserError, progress: Progress) {
    super(problem, { cause: problem });
    this.progress = progress;
  }
}

const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 2_000;
/** Exit codes of coreutils' timeout: it ended the program, or had to kill it. */
const TIMED_OUT: readonly number[] = [124, 137];

/**
 * Builds, and where the order says so pushes. What may pass by itself is tried again: BuildKit has kept what was done.
 * @throws BuildFailed
 */
export async function runBuildx(
  order: BuildOrder,
  place: { readonly dockerfileName: string; readonly timeoutMs: number },
  { env, log, clock }: Context,
): Promise<BuildxResult> {
  const deadline = clock.now() + place.timeoutMs;
  const once = async (): Promise<BuildxResult> => {
    const progress = new Progress(log);
    const seconds = Math.max(1, Math.ceil((deadline - clock.now()) / 1000));
    // @actions/exec cannot end what it has started; this can, with all of its children.
    const args = ['--kill-after=10', String(seconds), 'docker', ...buildArguments(order)];
    const { code } = await ask('timeout', args, env, (line) => {
      progress.take(line);
    });
    if (code === 0) {
      const metadata = JSON.parse(readFileSync(order.metadataFile, 'utf8')) as Metadata;
      return { metadata, progress };
    }
    if (TIMED_OUT.includes(code)) throw new BuildFailed(tooLong(place.timeoutMs), progress);
    const image = formatReference(order.image);
    const trouble = progress.trouble();
    throw new BuildFailed(
      buildFailure(trouble, { dockerfile: place.dockerfileName, image }),
      progress,
    );
  };
  return retry(
    once,
    {
      attempts: ATTEMPTS,
      pauseMs: FIRST_PAUSE_MS,
      retryable: (error) => error instanceof BuildFailed && mayPass(error.cause),
      onRetry: (error) => {
        log.warning(`Building again, since it may pass: ${(error as Error).message}`);
      },
    },
    clock,
  );
}

function tooLong(timeoutMs: number): UserError {
  return new UserError({
    id: 'build-timeout',
    message: `The build took longer than ${formatDuration(timeoutMs)} and was ended.`,
    value: 'timeout',
    fix: 'Look at the slowest stage in the summary, keep a cache (cache: registry), or raise the input timeout.',
  });
}
