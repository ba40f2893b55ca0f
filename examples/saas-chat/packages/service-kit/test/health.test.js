import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { healthOf } from '../src/health.js';

const release = { service: 'auth', version: '1.0.0', revision: 'abc' };
const up = async () => 'PONG';
const down = async () => {
  throw new Error('refused');
};

test('a service is as well as the worst of its components', async () => {
  const { status, components, ...identity } = await healthOf(release, { redis: up, disk: down });
  assert.deepEqual(identity, release);
  assert.equal(status, 'unhealthy');
  assert.equal(components.redis.status, 'healthy');
  assert.equal(typeof components.redis.response_time_ms, 'number');
  assert.equal(components.disk.error, 'refused');
});

test('without components it is healthy', async () => {
  assert.equal((await healthOf(release, {})).status, 'healthy');
});

test('slow is degraded, silent is unhealthy', async () => {
  const slow = () => sleep(600);
  const silent = () => new Promise(() => {});
  const { components } = await healthOf(release, { slow, silent });
  assert.equal(components.slow.status, 'degraded');
  assert.match(components.silent.error, /no answer within/);
});
