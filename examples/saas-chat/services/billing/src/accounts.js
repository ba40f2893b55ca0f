const KEPT_SECONDS = 400 * 24 * 60 * 60; // Last year's month, to compare with.

/** Each workspace's plan, and its messages month by month, in Redis. */
export function redisAccounts(redis) {
  const usage = (month) => `billing:usage:${month}`;
  return {
    subscribe: (workspace, plan) => redis.hSet('billing:plans', workspace, plan),
    planOf: async (workspace) => (await redis.hGet('billing:plans', workspace)) ?? 'free',
    async addUsage(month, counts) {
      const all = redis.multi();
      for (const [workspace, n] of counts) all.hIncrBy(usage(month), workspace, n);
      await all.expire(usage(month), KEPT_SECONDS).exec();
    },
    usageOf: async (month, workspace) => Number((await redis.hGet(usage(month), workspace)) ?? 0),
  };
}
