import { createClient } from '@redis/client';
import { log } from './log.js';

/**
 * A client that connects, and connects again, by itself. The service does not wait for it: it
 * listens at once and says in its health document what it lacks. While Redis is away a command fails
 * instead of waiting in the offline queue.
 */
export function connectRedis(url = 'redis://127.0.0.1:6379') {
  const redis = createClient({ url, disableOfflineQueue: true, socket: { connectTimeout: 1_000 } });
  redis.on('error', (error) => log('warn', 'redis is unreachable', { reason: error.message }));
  redis.connect().catch(() => {}); // The listener above has said why.
  return redis;
}
