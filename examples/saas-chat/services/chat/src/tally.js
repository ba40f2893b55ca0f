import { log } from '@saas-chat/service-kit';

/**
 * Counts that go to another service once in a while, so that no request here ever waits for it. What
 * it does not take is dropped: it might have been counted there, and twice is worse than not at all.
 */
export function createTally(send, { everyMs = 1_000 } = {}) {
  let counts = new Map();

  const flush = async () => {
    if (counts.size === 0) return;
    const body = { counts: Object.fromEntries(counts) };
    counts = new Map();
    try {
      const { status } = await send(body);
      if (status !== 202) throw new Error(`answered ${status}`);
    } catch (error) {
      log('warn', 'counts are lost', { reason: error.message, ...body });
    }
  };
  const timer = setInterval(flush, everyMs).unref();

  return {
    count: (name) => counts.set(name, (counts.get(name) ?? 0) + 1),
    close: () => {
      clearInterval(timer);
      return flush();
    },
  };
}
