const KEPT_SECONDS = 30 * 24 * 60 * 60;

/** What happened how often, a hash for each day in Redis. */
export function redisCounts(redis) {
  const key = (day) => `analytics:${day}`;
  return {
    async add(day, counts) {
      const all = redis.multi();
      for (const [name, n] of counts) all.hIncrBy(key(day), name, n);
      await all.expire(key(day), KEPT_SECONDS).exec();
    },
    async of(day) {
      const counts = Object.entries(await redis.hGetAll(key(day)));
      return Object.fromEntries(counts.map(([name, n]) => [name, Number(n)]));
    },
  };
}
