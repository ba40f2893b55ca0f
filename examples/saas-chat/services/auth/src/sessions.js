/** Who is signed in, kept in Redis: sessions outlive every container of this service. */
export function redisSessions(redis, ttlSeconds) {
  const key = (id) => `session:${id}`;
  return {
    save: (id, user) => redis.set(key(id), user, { EX: ttlSeconds }),
    find: (id) => redis.get(key(id)),
  };
}
