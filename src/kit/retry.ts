import type { Clock } from './clock.ts';

export interface RetryOptions {
  readonly attempts: number;
  /** Upper bound of the first pause in milliseconds; it doubles with each attempt. */
  readonly pauseMs: number;
  /** Whether another attempt may help. */
  readonly retryable: (error: unknown) => boolean;
  /** What the pause must not fall short of in milliseconds, e.g. by a Retry-After header. */
  readonly atLeastMs?: (error: unknown) => number;
  /** Told before each pause. */
  readonly onRetry?: (error: unknown, pauseMs: number) => void;
}

/**
 * Runs `work` until it succeeds, with exponential back-off and full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 * @throws the last error of `work`
 */
export async function retry<T>(
  work: () => Promise<T>,
  options: RetryOptions,
  clock: Clock,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= options.attempts || !options.retryable(error)) throw error;
      const jitterMs = Math.round(Math.random() * options.pauseMs * 2 ** (attempt - 1));
      const pauseMs = jitterMs + (options.atLeastMs?.(error) ?? 0);
      options.onRetry?.(error, pauseMs);
      await clock.sleep(pauseMs);
    }
  }
}
