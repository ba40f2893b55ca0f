import { describe, expect, test } from '@jest/globals';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { environmentSettings, parseConfig, readConfig } from '../../../src/config/read.ts';
import { folderWith, problemOf } from '../kit/support.ts';

const full = `app: saas-chat
compose: [docker-compose.prod.yml]
services:
  auth: { context: services/auth, image: ghcr.io/acme/auth, port: 3001 }
proxy: { driver: nginx, service: edge, drain: 10s }
migrate: { service: migrations }
environments:
  staging: { host: deploy@staging.example.com, url: https://staging.example.com }
  production:
    host: [deploy@a.example.com, deploy@b.example.com]
    url: https://example.com
    requires: staging
    ref: v*
    path: /srv/chat
    compose: a.yml
    proxy: { driver: none }
    smoke: []
smoke:
  - { get: /health, expect: { status: 200, json: { status: healthy } }, service: auth }
`;

/** The message of what is wrong with a text, without the words that stand around it. */
function complaint(text: string): string {
  const problem = problemOf(() => parseConfig(text, 'slipway.yml'));
  expect(problem.id).toBe('config-invalid');
  return problem.message.replace(/^slipway\.yml does not fit: /, '');
}

describe('parseConfig', () => {
  test('reads everything', () => {
    expect(parseConfig(full, 'slipway.yml')).toMatchObject({
      app: 'saas-chat',
      compose: ['docker-compose.prod.yml'],
      services: { auth: { context: 'services/auth', port: 3001 } },
      proxy: { driver: 'nginx', service: 'edge', drain: '10s' },
      migrate: { service: 'migrations' },
      environments: { staging: { host: ['deploy@staging.example.com'] } },
      smoke: [{ get: '/health', service: 'auth' }],
    });
  });

  test('needs nothing but a name', () => {
    expect(parseConfig('app: x', 'slipway.yml')).toEqual({
      app: 'x',
      compose: ['docker-compose.yml'],
      services: {},
      proxy: { driver: 'none' },
      environments: {},
      scan: {},
      smoke: [],
    });
  });

  test.each([
    ['app: X', 'slipway.yml:1: app: use lower-case letters, digits, - and _,'],
    [
      'compose: a.yml',
      'slipway.yml:1: app: Invalid input: expected string, received undefined (missing)',
    ],
    [
      'app: x\n\nproxy:\n  driver: apache',
      'slipway.yml:4: proxy.driver: "apache" is not one of nginx, none',
    ],
    ['app: x\nservices:\n  api:\n    port: 0', 'slipway.yml:4: services.api.port: '],
    ['app: x\nservices:\n  api: { port: 65536 }', 'slipway.yml:3: services.api.port: '],
    [
      'app: x\nservices:\n  api:\n    port: "80"',
      'slipway.yml:4: services.api.port: Invalid input: expected number',
    ],
    ['app: x\nservices:\n  api:\n    prot: 1', 'slipway.yml:4: services.api: unknown key prot'],
    ['appp: x\napp: x', 'slipway.yml:1: the file: unknown key appp'],
    ['app: x\nservices: {}\ntypo:\n  a: 1', 'slipway.yml:3: the file: unknown key typo'],
    [
      'app: x\nb: 1\nproxy: { driver: none }\nc: 1',
      'slipway.yml:2: the file: unknown key b; slipway.yml:4: the file: unknown key c',
    ],
    [
      'app: x\nenvironments:\n  s: {}\n  PROD: {}',
      'slipway.yml:4: environments.PROD: use lower-case letters, digits, - and _,',
    ],
    [
      'app: x\ncompose: { a: b }',
      'slipway.yml:2: compose: Invalid input: expected string, received object, or Invalid input: expected array',
    ],
    [
      'app: x\nenvironments:\n  s:\n    url: ftp://x',
      'slipway.yml:4: environments.s.url: Invalid URL',
    ],
    [
      'app: x\nproxy: { driver: nginx, drain: 10 s }',
      'slipway.yml:2: proxy.drain: write a duration such as 30s or 5m',
    ],
    ['app: x\ncompose: ["a\\nb.yml"]', 'slipway.yml:2: compose.0: a path has no line breaks'],
    ['app: x\nsmoke:\n  - get: health', 'slipway.yml:3: smoke.0.get: '],
    [
      'app: x\nmigrate: {}',
      'slipway.yml:2: migrate.service: Invalid input: expected string, received undefined (missing)',
    ],
    ['- a', 'slipway.yml:1: the file: Invalid input: expected object'],
    ['', 'slipway.yml:1: the file: Invalid input: expected object'],
    ['null', 'slipway.yml:1: the file: Invalid input: expected object'],
  ])('%j is refused with file, line and the way out', (text, said) => {
    expect(complaint(text).slice(0, said.length)).toBe(said);
  });

  test('every mistake is named at once, and the first one is the value', () => {
    const problem = problemOf(() => parseConfig('app: X\nproxy:\n  driver: x\n', 'slipway.yml'));
    expect(problem.message).toMatch(/slipway\.yml:1: app: .*; slipway\.yml:3: proxy\.driver: /);
    expect(problem.value).toBe('slipway.yml:1');
  });

  test.each([
    ['app: [x', 1],
    ['app: x\nservices:\n\tapi: {}', 3],
    ['app: x\napp: y', 2],
    ['app: x\n---\napp: y', 2],
    ['app: "x', 1],
  ])('bad YAML: %j names line %d', (text, line) => {
    expect(problemOf(() => parseConfig(text, 'conf/slipway.yml'))).toMatchObject({
      id: 'config-syntax',
      message: expect.stringMatching(/^conf\/slipway\.yml is not valid YAML: \S/) as unknown,
      value: `conf/slipway.yml:${line}`,
    });
  });

  test('an alias of nothing is named', () => {
    expect(problemOf(() => parseConfig('app: *x', 'slipway.yml'))).toMatchObject({
      id: 'config-syntax',
      message: expect.stringMatching(/Unresolved alias .*: x$/) as unknown,
      value: 'slipway.yml',
    });
  });

  test('a key that JavaScript knows is no key of ours', () => {
    expect(complaint('app: x\n__proto__: { driver: nginx }')).toContain('unknown key __proto__');
    expect(complaint('app: x\nconstructor: y')).toContain('unknown key constructor');
  });
});

describe('readConfig', () => {
  test('reads a file of the workspace', () => {
    const workspace = folderWith({ 'deploy/slipway.yml': 'app: x' });
    expect(readConfig('deploy/slipway.yml', workspace).app).toBe('x');
  });

  test('no file: says so, and how to name another', () => {
    const problem = problemOf(() => readConfig('slipway.yml', folderWith()));
    expect(problem).toMatchObject({ id: 'config-missing', value: 'slipway.yml' });
    expect(problem.fix).toContain('input config');
  });

  test('outside of the workspace nothing is read', () => {
    const workspace = folderWith();
    symlinkSync(
      join(folderWith({ 'slipway.yml': 'app: x' }), 'slipway.yml'),
      join(workspace, 'slipway.yml'),
    );
    expect(problemOf(() => readConfig('slipway.yml', workspace)).id).toBe('path-outside-workspace');
    expect(problemOf(() => readConfig('../slipway.yml', workspace)).id).toBe(
      'path-outside-workspace',
    );
  });
});

describe('environmentSettings', () => {
  const config = parseConfig(full, 'slipway.yml');

  test("the environment's own section wins", () => {
    expect(environmentSettings(config, 'production')).toEqual({
      app: 'saas-chat',
      environment: 'production',
      hosts: ['deploy@a.example.com', 'deploy@b.example.com'],
      url: 'https://example.com',
      path: '/srv/chat',
      compose: ['a.yml'],
      services: config.services,
      proxy: { driver: 'none' },
      record: undefined,
      migrate: 'migrations',
      requires: 'staging',
      ref: 'v*',
      scan: {},
      smoke: [],
    });
  });

  test('limits of a scan are joined one by one', () => {
    const text =
      'app: x\nscan: { severity: high, root: fail }\nenvironments: { p: { scan: { severity: critical } } }';
    expect(environmentSettings(parseConfig(text, 'f'), 'p').scan).toEqual({
      severity: 'critical',
      root: 'fail',
    });
  });

  test('what it does not say, the top level says', () => {
    expect(environmentSettings(config, 'staging')).toMatchObject({
      hosts: ['deploy@staging.example.com'],
      path: undefined,
      compose: ['docker-compose.prod.yml'],
      proxy: { driver: 'nginx', service: 'edge', drain: '10s' },
      smoke: [{ get: '/health' }],
    });
  });

  test('without hosts there are none: an input may name them', () => {
    expect(
      environmentSettings(parseConfig('app: x\nenvironments: { s: {} }', 'f'), 's').hosts,
    ).toEqual([]);
  });

  test.each(['prod', 'constructor', '__proto__', ''])(
    '%j is unknown: the known ones are listed',
    (name) => {
      expect(problemOf(() => environmentSettings(config, name))).toMatchObject({
        id: 'environment-unknown',
        value: name,
        fix: 'Use one of: staging, production; or add it under "environments:".',
      });
    },
  );

  test('none at all is said, too', () => {
    const problem = problemOf(() => environmentSettings(parseConfig('app: x', 'f'), 'production'));
    expect(problem.fix).toContain('(none is defined)');
  });
});
