import { describe, expect, test } from '@jest/globals';
import { checkAccounted, checkRecord, imagesOf, makeRecord } from '../../../src/release/collect.ts';
import { formatRecord, parseRecord } from '../../../src/release/record.ts';
import { problemOf } from '../kit/support.ts';
import { commit, config, configOf, earlier, imageOf, record } from './parts.ts';

const api = { image: imageOf('api'), revision: commit, platforms: ['linux/amd64'] };
const web = { image: imageOf('web'), revision: earlier };
const leg = { schema: 1 as const, service: 'api', ...api };

describe('imagesOf', () => {
  test('joins what was built with what was not', () => {
    expect(imagesOf([leg], { web })).toEqual({ api, web });
  });

  test('the same leg twice is one', () => {
    expect(imagesOf([leg, leg], {})).toEqual({ api });
  });

  test.each([
    ['two legs', [leg, { ...leg, image: imageOf('api', 'b') }], {}],
    ['a leg and what is unchanged', [leg], { api: { ...api, image: imageOf('api', 'b') } }],
  ])('%s that differ are refused', (_, legs, unchanged) => {
    const problem = problemOf(() => imagesOf(legs, unchanged));
    expect(problem).toMatchObject({ id: 'leg-duplicate', value: 'api' });
  });
});

test('makeRecord makes a record that can be written and read', () => {
  const created = new Date('2026-11-21T08:35:00Z');
  const parts = { config, commit, created, ref: 'refs/heads/main', images: { web, api } };
  const made = makeRecord({ ...parts, run: undefined, scan: undefined });
  expect(made).toEqual({ ...record, services: { api, web } });
  expect(parseRecord(formatRecord(made).toString('utf8'), 'x')).toEqual(made);
  const run = 'https://github.com/acme/chat/actions/runs/7';
  const scan = imageOf('chat-release', 'c');
  const whole = makeRecord({ ...parts, run, scan });
  expect(whole).toMatchObject({ run, scan });
  expect(parseRecord(formatRecord(whole).toString('utf8'), 'x')).toEqual(whole);
});

describe('checkRecord', () => {
  test('a whole record of this commit is fine; what has no image need not be there', () => {
    checkRecord(record, config, commit);
  });

  test('without services in slipway.yml, any is fine', () => {
    checkRecord(record, configOf('app: chat'), commit);
  });

  test('another app or commit', () => {
    expect(
      problemOf(() => {
        checkRecord({ ...record, app: 'x' }, config, commit);
      }).id,
    ).toBe('release-foreign');
    expect(
      problemOf(() => {
        checkRecord(record, config, earlier);
      }).id,
    ).toBe('release-foreign');
  });

  test('services that are missing are named', () => {
    const problem = problemOf(() => {
      checkRecord({ ...record, services: {} }, config, commit);
    });
    expect(problem).toMatchObject({ id: 'record-incomplete', value: 'web, api' });
  });

  test('a record of nothing is none', () => {
    const empty = { ...record, services: {} };
    expect(
      problemOf(() => {
        checkRecord(empty, configOf('app: chat'), commit);
      }).id,
    ).toBe('record-incomplete');
  });

  test.each([
    ['a service that nobody knows', { evil: { image: imageOf('evil'), revision: commit } }],
    [
      'an image of another registry',
      { api: { image: imageOf('api').replace('ghcr.io', 'evil.example'), revision: commit } },
    ],
    ['an image of another repository', { api: { image: imageOf('web'), revision: commit } }],
  ])('%s', (_, more) => {
    const services = { ...record.services, ...more };
    const problem = problemOf(() => {
      checkRecord({ ...record, services }, config, commit);
    });
    expect(problem).toMatchObject({ id: 'image-foreign' });
  });
});

describe('checkAccounted', () => {
  test('what the record holds is accounted for', () => {
    checkAccounted(commit, record, { api }, 'ghcr.io/acme/chat/chat-release');
    checkAccounted(commit, record, {}, 'ghcr.io/acme/chat/chat-release');
  });

  test('without a record nothing is', () => {
    const problem = problemOf(() => {
      checkAccounted(commit, undefined, { api }, 'place');
    });
    expect(problem.message).toContain('1a2b3c4 has no record');
  });

  test.each(['api', 'other', 'constructor'])('another digest of %s is not', (name) => {
    const images = { [name]: { ...api, image: imageOf('api', 'b') } };
    const problem = problemOf(() => {
      checkAccounted(commit, record, images, 'place');
    });
    expect(problem).toMatchObject({ id: 'digest-unrecorded', value: imageOf('api', 'b') });
  });
});
