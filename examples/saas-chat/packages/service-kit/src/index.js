export { HttpError, readJson } from './http.js';
export { log } from './log.js';
export { connectRedis } from './redis.js';
export { readRelease } from './release.js';
export { run } from './run.js';
export { createService } from './service.js';
