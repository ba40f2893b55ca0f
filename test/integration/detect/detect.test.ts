import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Files, SIX } from '../../unit/detect/repository.ts';
import { built, type Occasion, push, System } from './system.ts';

const NAMES = ['mail', 'prices', 'proxy', 'reports', 'search', 'web'];
const ZERO = '0'.repeat(40);

/** The six services, described by a slipway.yml that says where their images are. */
const described: Files = {
  ...SIX,
  'slipway.yml': [
    'app: shop',
    'services:',
    ...NAMES.filter((name) => name !== 'web').map(
      (name) => `  ${name}: { context: services/${name}, image: IMAGES/${name} }`,
    ),
    '  web: { context: ., dockerfile: services/web/Dockerfile, image: IMAGES/web }',
  ].join('\n'),
};

describe('without slipway.yml', () => {
  test('a monorepo of six services', async () => {
    const system = await System.with(SIX);
    const step = await system.detect(push(ZERO), { 'changed-only': 'false' });
    expect(step).toMatchObject({
      exitCode: 0,
      outputs: { outcome: 'detected', any: 'true', base: '', unchanged: '{}' },
    });
    const { include } = JSON.parse(step.outputs.matrix ?? '') as { include: unknown[] };
    expect(include).toHaveLength(6);
    expect(include[5]).toEqual({
      service: 'web',
      context: '.',
      dockerfile: 'services/web/Dockerfile',
      image: 'ghcr.io/acme/shop/web',
      stack: 'node',
      versions: { node: '>=24', pnpm: '10.1.0' },
    });
    expect(step.summary).toContain('### 6 services to build.');
    expect(step.summary).toContain('| `search` | go | `go 1.24.3` | yes | all are built |');
    expect(step.log).not.toContain('a-token-of-github');
  });

  test('a lone Dockerfile', async () => {
    const system = await System.with({ Dockerfile: 'FROM python:3.13\nCOPY . .\n', 'app.py': '' });
    const step = await system.detect(push(ZERO), { 'changed-only': 'false' });
    const { include } = JSON.parse(step.outputs.matrix ?? '') as { include: unknown[] };
    expect(include).toEqual([
      {
        service: 'Shop',
        context: '.',
        dockerfile: 'Dockerfile',
        image: 'ghcr.io/acme/shop',
        stack: 'python',
        versions: { python: '3.13' },
      },
    ]);
  });
});

describe('changed-only', () => {
  let system: System;
  let first = '';
  beforeAll(async () => {
    system = await System.with(described);
    first = await system.origin.git('rev-parse', 'HEAD');
  });

  test('the first push of all: nothing was built before', async () => {
    const step = await system.detect(push(ZERO));
    expect(built(step)).toEqual(NAMES);
    expect(step.log).toContain(`Records of earlier builds: ${system.images}/shop-release`);
    expect(step.summary).toContain('no record of an earlier build was found');
  });

  test('push: what changed, and the images of the rest', async () => {
    const record = await system.record(first, NAMES);
    await system.origin.commit({ 'services/mail/main.js': '// 2\n' });
    const step = await system.detect(push(first));
    expect(built(step)).toEqual(['mail']);
    const { mail: _, ...rest } = record.services;
    expect(JSON.parse(step.outputs.unchanged ?? '')).toEqual(rest);
    expect(step.outputs).toMatchObject({ base: first, any: 'true', outcome: 'detected' });
    expect(step.summary).toContain(
      `### 1 service to build and 5 unchanged compared with ${first.slice(0, 7)}.`,
    );
    expect(step.summary).toContain('services/mail/main.js has changed (in its context)');
    expect(step.log).toContain('since the checkout is shallow');
  });

  test('a build that failed in between loses nothing', async () => {
    // The push before this one was never recorded.
    const before = await system.origin.git('rev-parse', 'HEAD');
    await system.origin.commit({ 'packages/kit/index.js': '// 2\n' });
    const step = await system.detect(push(before));
    expect(built(step)).toEqual(['mail', 'web']);
    expect(step.outputs.base).toBe(first);
  });

  test('documentation alone: nothing to build', async () => {
    const before = await system.origin.git('rev-parse', 'HEAD');
    await system.record(before, NAMES);
    await system.origin.commit({ 'README.md': '# New\n' });
    const step = await system.detect(push(before));
    expect(step.outputs).toMatchObject({
      any: 'false',
      matrix: '{"include":[]}',
      outcome: 'unchanged',
    });
    expect(step.summary).toContain('Nothing to build');
  });

  test('a tag takes the record of its commit', async () => {
    const head = await system.origin.commit({ 'services/proxy/nginx.conf': '# 2\n' });
    await system.record(head, NAMES);
    await system.origin.git('tag', 'v1.0.0');
    const tag: Occasion = { event: 'push', ref: 'refs/tags/v1.0.0', payload: { before: ZERO } };
    const step = await system.detect(tag);
    expect(step.outputs).toMatchObject({ any: 'false', base: head });
    expect(Object.keys(JSON.parse(step.outputs.unchanged ?? '') as object)).toEqual(NAMES);
  });

  test('a pull request is compared with where it parted', async () => {
    const { origin } = system;
    const base = await origin.git('rev-parse', 'HEAD');
    await origin.git('checkout', '--quiet', '-b', 'topic');
    await origin.commit({ 'services/search/main.go': 'package main // 2\n' });
    await origin.git('checkout', '--quiet', '--detach', 'main');
    await origin.git('merge', '--quiet', '--no-ff', '--no-edit', 'topic');
    await origin.git('update-ref', 'refs/pull/7/merge', 'HEAD');
    await origin.git('checkout', '--quiet', 'main');
    const step = await system.detect({
      event: 'pull_request',
      ref: 'refs/pull/7/merge',
      payload: { pull_request: { base: { sha: base } } },
    });
    expect(built(step)).toEqual(['search']);
    expect(step.outputs.base).toBe(base);
  });

  test('the first push of a branch is compared with the default branch', async () => {
    const step = await system.detect(push(ZERO, 'refs/heads/topic'));
    expect(built(step)).toEqual(['search']);
  });

  test('a force-push is compared with what it replaced', async () => {
    const { origin } = system;
    const good = await origin.git('rev-parse', 'HEAD');
    const lost = await origin.commit({ 'services/reports/main.py': '# 2\n' });
    await system.record(lost, NAMES);
    await origin.git('reset', '--quiet', '--hard', good);
    await origin.commit({ 'services/proxy/nginx.conf': '# 3\n' });
    const step = await system.detect(push(lost));
    expect(step.outputs.base).toBe(lost);
    expect(built(step)).toEqual(['proxy', 'reports']);
  });

  test('only some services', async () => {
    const step = await system.detect(push(ZERO), { services: 'web\nmail', base: first });
    expect(built(step)).toEqual(['mail', 'web']);
    expect(JSON.parse(step.outputs.services ?? '')).toHaveLength(2);
  });

  test('an image that is gone is built again', async () => {
    const head = await system.origin.commit({ 'docs.md': '' });
    const gone = `${system.images}/web@sha256:${'0'.repeat(64)}`;
    await system.record(head, NAMES, { web: gone });
    await system.origin.commit({ 'docs.md': '2' });
    const step = await system.detect(push(head));
    expect(built(step)).toEqual(['web']);
    expect(step.summary).toContain('its image is no longer in the registry');
  });

  test('a base whose slipway.yml cannot be read: everything is built', async () => {
    const { origin, images } = system;
    const text = (described['slipway.yml'] ?? '').replaceAll('IMAGES', images);
    const broken = await origin.commit({ 'slipway.yml': `${text}\n  web: [` });
    await system.record(broken, NAMES);
    await origin.commit({ 'slipway.yml': text });
    const step = await system.detect(push(broken));
    expect(built(step)).toEqual(NAMES);
    expect(step.summary).toContain('how it was built at the base is not known');
  });

  test('a registry that does not answer: everything is built, with a warning', async () => {
    const step = await system.detect(push(first), { 'registry-password': 'wrong' });
    expect(step.exitCode).toBe(0);
    expect(built(step)).toEqual(NAMES);
    expect(step.log).toMatch(
      /::warning::The record of an earlier build cannot be read: .*\[registry-denied\]/,
    );
    expect(step.log.match(/::warning::/g)).toHaveLength(1);
  });
});

describe('mistakes', () => {
  test.each<[string, Files, Record<string, string>, string]>([
    ['no Dockerfile', { 'README.md': '' }, {}, 'services-missing'],
    ['an unknown service', { Dockerfile: 'FROM x\n' }, { services: 'web' }, 'service-unknown'],
    [
      'a named slipway.yml that is not there',
      { Dockerfile: 'FROM x\n' },
      { config: 'ops/slipway.yml' },
      'config-missing',
    ],
    ['an unknown base', { Dockerfile: 'FROM x\n' }, { base: 'nowhere' }, 'base-missing'],
    [
      'too many services',
      Object.fromEntries(
        Array.from({ length: 257 }, (_, index) => [`s${index}/Dockerfile`, 'FROM x\n']),
      ),
      { 'changed-only': 'false' },
      'matrix-too-large',
    ],
  ])('%s', async (_, files, inputs, id) => {
    const system = await System.with(files);
    const step = await system.detect(push(ZERO), inputs);
    expect(step).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } });
    expect(step.log).toContain(`[${id}]`);
    expect(step.summary).toContain(id);
  });

  test('256 services fit', async () => {
    const files = Array.from({ length: 256 }, (_, index) => [`s${index}/Dockerfile`, 'FROM x\n']);
    const system = await System.with(Object.fromEntries(files) as Files);
    expect(built(await system.detect(push(ZERO), { 'changed-only': 'false' }))).toHaveLength(256);
  });
});
