import { setTimeout as sleep } from 'node:timers/promises';

const SLOW_MS = 500;
const PATIENCE_MS = 1_000;
const FROM_BEST_TO_WORST = ['healthy', 'degraded', 'unhealthy'];

async function examine(check) {
  const started = performance.now();
  const elapsed = () => Math.round(performance.now() - started);
  const givingUp = sleep(PATIENCE_MS, undefined, { ref: false }).then(() => {
    throw new Error(`no answer within ${PATIENCE_MS} ms`);
  });
  try {
    await Promise.race([check(), givingUp]);
    return { status: elapsed() > SLOW_MS ? 'degraded' : 'healthy', response_time_ms: elapsed() };
  } catch (error) {
    return { status: 'unhealthy', response_time_ms: elapsed(), error: error.message };
  }
}

const worst = (statuses) =>
  FROM_BEST_TO_WORST.findLast((status) => statuses.includes(status)) ?? 'healthy';

/**
 * The health document. A service answers for itself and its own data stores, never for its peers:
 * health that depends on another service's health takes the whole system down at once.
 */
export async function healthOf(release, components) {
  const examined = await Promise.all(
    Object.entries(components).map(async ([name, check]) => [name, await examine(check)]),
  );
  return {
    status: worst(examined.map(([, { status }]) => status)),
    ...release,
    components: Object.fromEntries(examined),
  };
}
