/** The last messages of the one room there is, oldest first. */
export function redisMessages(redis, history) {
  return {
    add: (message) =>
      redis
        .multi()
        .rPush('messages', JSON.stringify(message))
        .lTrim('messages', -history, -1)
        .exec(),
    list: async () => (await redis.lRange('messages', 0, -1)).map((message) => JSON.parse(message)),
  };
}
