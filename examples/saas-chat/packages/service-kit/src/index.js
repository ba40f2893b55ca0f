export { callerOf, createAuthClient, tokenOf } from './auth.js';
export { createClient } from './client.js';
export { HttpError, readCounts, readJson } from './http.js';
export { log } from './log.js';
export { MAIL_QUEUE, redisMails } from './mail.js';
export { connectRedis } from './redis.js';
export { readRelease } from './release.js';
export { run } from './run.js';
export { createService } from './service.js';
