import { describe, expect, test } from '@jest/globals';
import type { GitEvent } from '../../../src/build/event.ts';
import { parseFlavor, parseRule } from '../../../src/build/tags/rule.ts';
import { defaultRules, tagsOf } from '../../../src/build/tags/tags.ts';
import { problemOf } from '../kit/support.ts';

const COMMIT = '90dd6032fac8bda1b6c4436a2e65de27961ed071';
const LONG = `sha-${COMMIT}`;

function event(name: string, ref: string, more: Partial<GitEvent> = {}): GitEvent {
  return { name, ref, baseRef: undefined, defaultBranch: 'main', ...more };
}
const push = (branch: string): GitEvent => event('push', `refs/heads/${branch}`);
const tag = (name: string): GitEvent => event('push', `refs/tags/${name}`);
const pull = (number: number): GitEvent =>
  event('pull_request', `refs/pull/${number}/merge`, { baseRef: 'main' });
const on = (name: string, branch = 'main'): GitEvent => event(name, `refs/heads/${branch}`);

function names(given: GitEvent, rules: string[], flavor: string[] = []): readonly string[] {
  return tagsOf(rules.map(parseRule), parseFlavor(flavor), {
    event: given,
    commit: COMMIT,
    commitTime: Date.UTC(2026, 0, 2, 3, 4, 5),
    now: Date.UTC(2026, 10, 21, 9, 8, 7),
    warn: () => undefined,
  }).names;
}

type Row = readonly [what: string, given: GitEvent, expected: readonly string[]];

describe('the default rules', () => {
  const rows: Row[] = [
    ['a push to the default branch', push('main'), ['main', LONG]],
    ['a push to another branch', push('develop'), ['develop', LONG]],
    ['a branch with a slash', push('feature/login'), ['feature-login', LONG]],
    ['a branch with several odd characters', push('fix/a+b@c'), ['fix-a-b-c', LONG]],
    ['a branch with capitals', push('Feature/X'), ['Feature-X', LONG]],
    ['a branch of a bot', push('dependabot/npm_and_yarn/zod-4.6.7'), ['dependabot-npm_and_yarn-zod-4.6.7', LONG]],
    ['a branch that looks like a version', push('v1.2.3'), ['v1.2.3', LONG]],
    ['a branch that starts with a dot', push('.hidden'), ['hidden', LONG]],
    ['a branch that is too long for a tag', push('x'.repeat(200)), ['x'.repeat(128), LONG]],
    ['a branch in another alphabet', push('日本'), [LONG]],
    ['a branch called latest', push('latest'), ['latest', LONG]],
    ['a release', tag('v1.2.3'), ['1.2.3', '1.2', '1', LONG, 'latest']],
    ['a release without v', tag('1.2.3'), ['1.2.3', '1.2', '1', LONG, 'latest']],
    ['a first release', tag('v1.0.0'), ['1.0.0', '1.0', '1', LONG, 'latest']],
    ['a release with two digits', tag('v10.20.30'), ['10.20.30', '10.20', '10', LONG, 'latest']],
    ['a release below 1.0', tag('v0.4.1'), ['0.4.1', '0.4', LONG, 'latest']],
    ['one below 1.0 without v', tag('0.4.1'), ['0.4.1', '0.4', LONG, 'latest']],
    ['one that only starts with a nought', tag('v0.0.0'), ['0.0.0', '0.0', LONG, 'latest']],
    ['a release candidate', tag('v2.0.0-rc.1'), ['2.0.0-rc.1', LONG]],
    ['an alpha', tag('v1.0.0-alpha'), ['1.0.0-alpha', LONG]],
    ['a beta below 1.0', tag('v0.9.0-beta.2'), ['0.9.0-beta.2', LONG]],
    ['a release with build metadata', tag('v1.2.3+build.7'), ['1.2.3', '1.2', '1', LONG, 'latest']],
    ['a tag that is no version', tag('nightly-2026'), [LONG]],
    ['a tag with two numbers', tag('v1.2'), [LONG]],
    ['a tag with four numbers', tag('v1.2.3.4'), [LONG]],
    ['a tag of a package in a monorepo', tag('auth/v1.2.3'), [LONG]],
    ['a pull request', pull(7), ['pr-7', LONG]],
    ['a pull request by its head', event('pull_request', 'refs/pull/8/head'), ['pr-8', LONG]],
    ['a pull request from a fork', event('pull_request_target', 'refs/pull/9/merge'), ['pr-9', LONG]],
    ['a merge queue', event('merge_group', 'refs/heads/gh-readonly-queue/main/pr-3-abc'), ['gh-readonly-queue-main-pr-3-abc', LONG]],
    ['a dispatch on a branch', on('workflow_dispatch'), ['main', LONG]],
    ['a dispatch on a tag', event('workflow_dispatch', 'refs/tags/v1.2.3'), ['1.2.3', '1.2', '1', LONG, 'latest']],
    ['a published release', event('release', 'refs/tags/v3.1.0'), ['3.1.0', '3.1', '3', LONG, 'latest']],
    ['a schedule', on('schedule'), ['main', LONG]],
    ['a run after another workflow', on('workflow_run'), ['main', LONG]],
    ['a repository dispatch', on('repository_dispatch'), ['main', LONG]],
    ['a comment', on('issue_comment'), ['main', LONG]],
    ['no ref at all', event('', ''), [LONG]],
  ]; // prettier-ignore
  test.each(rows)('%s', (_what, given, expected) => {
    expect(names(given, defaultRules(given))).toEqual(expected);
  });
});

type RuleRow = readonly [
  rules: string,
  given: GitEvent,
  expected: readonly string[],
  ...flavor: string[],
];

describe('a rule', () => {
  const rows: RuleRow[] = [
    // semver
    ['type=semver,pattern={{version}}', push('main'), []],
    ['type=semver,pattern={{version}}', pull(2), []],
    ['type=semver,pattern={{raw}}', tag('v1.2.3'), ['v1.2.3', 'latest']],
    ['type=semver,pattern={{raw}}', tag('v1.2.3-rc.1'), ['v1.2.3-rc.1']],
    ['type=semver,pattern={{ raw }}', tag('v1.2.3+x'), ['v1.2.3-x', 'latest']],
    ['type=semver,pattern=v{{major}}', tag('v1.2.3'), ['v1', 'latest']],
    ['type=semver,pattern={{major}}.{{minor}}.{{patch}}', tag('v1.2.3'), ['1.2.3', 'latest']],
    ['type=semver,pattern={{major}}', tag('v2.0.0-rc.1'), ['2.0.0-rc.1']],
    ['type=semver,pattern={{version}},value=v4.5.6', push('main'), ['4.5.6', 'latest']],
    ['type=semver,pattern={{version}},value=v4.5.6', tag('v1.2.3'), ['4.5.6', 'latest']],
    ['type=semver,pattern={{version}},prefix=app-,suffix=-alpine', tag('v1.2.3'), ['app-1.2.3-alpine', 'latest']],
    ['type=semver,pattern={{major}},enable=false', tag('v1.2.3'), []],
    // match
    ['type=match,pattern=\\d{8}', tag('app-20260102'), ['20260102', 'latest']],
    ['type=match,pattern=auth/v(.*),group=1', tag('auth/v1.2.3'), ['1.2.3', 'latest']],
    ['type=match,pattern=/AUTH-(.*)/i,group=1', tag('auth-7'), ['7', 'latest']],
    ['type=match,pattern=v(.*),group=2', tag('v1'), []],
    ['type=match,pattern=nothing', tag('v1.2.3'), []],
    ['type=match,pattern=.*', push('main'), []],
    ['type=match,pattern=v(.*),group=1,value=v9', push('main'), ['9', 'latest']],
    // ref
    ['type=ref,event=tag', tag('v1.2.3'), ['v1.2.3', 'latest']],
    ['type=ref,event=tag', tag('auth/v1'), ['auth-v1', 'latest']],
    ['type=ref,event=tag', push('main'), []],
    ['type=ref,event=branch', tag('v1'), []],
    ['type=ref,event=branch,prefix=b-', push('main'), ['b-main']],
    ['type=ref,event=branch,suffix=-{{sha}}', push('main'), ['main-90dd603']],
    ['type=ref,event=pr', push('main'), []],
    ['type=ref,event=pr,prefix=', pull(7), ['7']],
    ['type=ref,event=pr,prefix=review-', pull(7), ['review-7']],
    // edge
    ['type=edge', push('main'), ['edge']],
    ['type=edge', push('develop'), []],
    ['type=edge,branch=develop', push('develop'), ['edge']],
    ['type=edge', tag('v1.2.3'), []],
    // schedule
    ['type=schedule', on('schedule'), ['nightly']],
    ['type=schedule', push('main'), []],
    ["type=schedule,pattern={{date 'YYYYMMDD-HHmmss'}}", on('schedule'), ['20261121-090807']],
    // raw
    ['type=raw,value=stable', push('main'), ['stable']],
    ['stable', tag('v1.2.3'), ['stable']],
    ['type=raw,value=', push('main'), []],
    ['type=raw,value=latest,enable={{is_default_branch}}', push('main'), ['latest']],
    ['type=raw,value=latest,enable={{is_default_branch}}', push('develop'), []],
    ['type=raw,value=latest,enable={{is_default_branch}}', tag('v1.2.3'), []],
    ["type=raw,value={{branch}}-{{sha}}-{{commit_date 'YYYYMMDD'}}", push('main'), ['main-90dd603-20260102']],
    ['type=raw,value=for-{{base_ref}}', pull(7), ['for-main']],
    ['type=raw,value={{tag}}', push('main'), []],
    // sha
    ['type=sha', push('main'), ['sha-90dd603']],
    ['type=sha,prefix=', push('main'), ['90dd603']],
    ['type=sha,format=long,prefix=git-', pull(1), [`git-${COMMIT}`]],
    // the flavor
    ['type=ref,event=branch', push('main'), ['main', 'latest'], 'latest=true'],
    ['type=semver,pattern={{version}}', tag('v1.2.3'), ['1.2.3'], 'latest=false'],
    ['type=semver,pattern={{version}}', push('main'), [], 'latest=true'],
    ['type=semver,pattern={{version}}', tag('v1.2.3'), ['1.2.3-alpine', 'latest'], 'suffix=-alpine'],
    ['type=semver,pattern={{version}}', tag('v1.2.3'), ['1.2.3-alpine', 'latest-alpine'], 'suffix=-alpine,onlatest=true'],
    ['type=ref,event=branch', push('main'), ['x-main'], 'prefix=x-'],
    ['type=sha', push('main'), ['sha-90dd603'], 'prefix=x-'],
  ]; // prettier-ignore
  // Jest would hand a callback over in place of a flavor that is not there.
  test.each(rows.map(([rule, given, expected, ...flavor]) => ({ rule, given, expected, flavor })))(
    '$rule, $given.ref, $flavor',
    ({ rule, given, expected, flavor }) => {
      expect(names(given, [rule], flavor)).toEqual(expected);
    },
  );
});

describe('rules together', () => {
  test('the highest priority comes first and decides what is the latest', () => {
    const rules = ['type=sha', 'type=ref,event=tag', 'type=raw,value=first,priority=1001'];
    expect(names(tag('v1.2.3'), rules)).toEqual(['first', 'v1.2.3', 'sha-90dd603']);
  });

  test('equal names are given once', () => {
    const rules = ['type=raw,value=main', 'type=ref,event=branch', 'type=raw,value=latest'];
    expect(names(push('main'), rules, ['latest=true'])).toEqual(['main', 'latest']);
  });

  test('a version that is none is told, and the other rules still hold', () => {
    const told: string[] = [];
    const context = { event: tag('x'), commit: COMMIT, commitTime: 0, now: 0 };
    const rules = ['type=semver,pattern={{version}}', 'type=sha'].map(parseRule);
    const found = tagsOf(rules, parseFlavor([]), { ...context, warn: (text) => told.push(text) });
    expect(found).toEqual({ version: 'sha-90dd603', names: ['sha-90dd603'] });
    expect(told).toEqual(['x is not a semantic version, so type=semver gives no tag.']);
  });
});

test.each([
  ['type=pep440,pattern={{version}}', /type is one of schedule, semver/],
  ['type=semver', /needs pattern=/],
  ['type=ref,event=push', /event is branch, tag or pr/],
  ['type=sha,format=medium', /format is short or long/],
  ['type=ref,event=branch,value=x', /type=ref knows no value/],
  ['type=raw,value=x,priority=high', /priority is a whole number/],
  ['type=match,pattern=(', /not a regular expression/],
  ['type=raw,value=x,enable', /enable is not name=value/],
])('refuses %s', (line, why) => {
  const problem = problemOf(() => parseRule(line));
  expect([problem.id, problem.value]).toEqual(['bad-tag-rule', line]);
  expect(problem.message).toMatch(why);
});

test('refuses what enable cannot be, an unknown flavor and an unknown template', () => {
  const rule = (text: string) => () => names(push('main'), [text]);
  expect(problemOf(rule('type=raw,value=x,enable=yes')).value).toBe('enable=yes');
  expect(problemOf(rule('type=raw,value={{moon}}')).id).toBe('bad-tag-template');
  expect(problemOf(() => parseFlavor(['latest=never'])).id).toBe('bad-tag-rule');
  expect(problemOf(() => parseFlavor(['color=red'])).message).toMatch('flavor knows no color');
});
