import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { type Event, eventOf, readEvent } from '../../../src/detect/event.ts';
import { folderWith } from '../kit/support.ts';

const [A, ZERO] = ['a'.repeat(40), '0'.repeat(40)];
const main = 'refs/heads/main';
const push = (before: string | undefined, defaultBranch?: string): Event => ({
  kind: 'push',
  before,
  defaultBranch,
});
const merge: Event = { kind: 'merge', onto: A };

describe('eventOf', () => {
  test.each<[string, string, string, unknown, Event]>([
    ['push', 'push', main, { before: A, repository: { default_branch: 'main' } }, push(A, 'main')],
    ['first push', 'push', main, { before: ZERO }, push(undefined)],
    ['SHA-256', 'push', main, { before: 'b'.repeat(64) }, push('b'.repeat(64))],
    ['first push, SHA-256', 'push', main, { before: '0'.repeat(64) }, push(undefined)],
    ['tag', 'push', 'refs/tags/v1', { before: A }, { kind: 'other' }],
    [
      'pull request',
      'pull_request',
      'refs/pull/1/merge',
      { pull_request: { base: { sha: A } } },
      merge,
    ],
    [
      'review',
      'pull_request_review',
      'refs/pull/1/merge',
      { pull_request: { base: { sha: A } } },
      merge,
    ],
    [
      'merge queue',
      'merge_group',
      'refs/heads/gh-readonly-queue/x',
      { merge_group: { base_sha: A } },
      merge,
    ],
    ['dispatch', 'workflow_dispatch', main, { inputs: {} }, { kind: 'other' }],
    ['schedule', 'schedule', main, {}, { kind: 'other' }],
    ['no payload', 'push', main, undefined, push(undefined)],
    ['nothing', '', '', undefined, { kind: 'other' }],
    ['an option for a commit', 'push', main, { before: '--upload-pack=x' }, push(undefined)],
    ['a number for a commit', 'push', main, { before: 1 }, push(undefined)],
    [
      'an option for a branch',
      'push',
      main,
      { before: A, repository: { default_branch: '-x' } },
      push(A),
    ],
    [
      'a refspec for a branch',
      'push',
      main,
      { before: A, repository: { default_branch: 'a:b' } },
      push(A),
    ],
    [
      'a hostile pull request',
      'pull_request',
      'refs/pull/1/merge',
      { pull_request: { base: { sha: 'HEAD' } } },
      { kind: 'other' },
    ],
    ['a list', 'push', main, [], push(undefined)],
  ])('%s', (_, name, ref, payload, event) => {
    expect(eventOf(name, ref, payload)).toEqual(event);
  });
});

describe('readEvent', () => {
  const read = (file: string): Event =>
    readEvent({
      GITHUB_EVENT_NAME: 'push',
      GITHUB_REF: main,
      GITHUB_EVENT_PATH: join(
        folderWith({ 'good.json': JSON.stringify({ before: A }), 'bad.json': '{' }),
        file,
      ),
    });

  test.each([
    ['good.json', push(A)],
    ['bad.json', push(undefined)],
    ['missing.json', push(undefined)],
  ])('%s', (file, event) => {
    expect(read(file)).toEqual(event);
  });
});
