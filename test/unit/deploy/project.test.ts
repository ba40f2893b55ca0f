import { describe, expect, test } from '@jest/globals';
import type { HostState } from '../../../src/deploy/host-state.ts';
import { projectName, refuseOthersProject, type Stranger } from '../../../src/deploy/project.ts';
import { problemOf } from '../kit/support.ts';
import { container, digest, emptyState, modelOf, service } from './models.ts';

const ROOT = '/home/deploy/slipway/shop/staging';
const images = new Map([['web', `ghcr.io/acme/web@${digest('a')}`], ['db', `redis@${digest('b')}`]]); // prettier-ignore
const model = modelOf({ web: service(), db: service() });
const refused = (state: Partial<HostState>): { id: string; value?: string | undefined; fix: string } =>
  problemOf(() => {
    refuseOthersProject(model, { ...emptyState, ...state }, images, ROOT, 'host');
  }); // prettier-ignore
const accept = (state: Partial<HostState>): void => {
  refuseOthersProject(model, { ...emptyState, ...state }, images, ROOT, 'host');
};

test.each([
  ['services: {}\n', 'shop-staging'],
  ['name: other\nservices: {}\n', undefined],
  ['services:\n  x:\n    name: no\n', 'shop-staging'],
])('the name of the project: %j', (content, name) => {
  const sources = [{ path: 'src/compose.yml', content, mode: 0o600 }];
  const settings = { app: 'shop', environment: 'staging', compose: ['./compose.yml'] };
  expect(projectName(sources, settings)).toBe(name);
});

describe('one ledger for each project', () => {
  const current = { release: 'r0', version: 'v0' };

  test('its own containers, those of 0.1, and those that were started by hand', () => {
    accept({
      current,
      project: 'shop-staging',
      containers: [
        container('web', { root: ROOT }),
        container('db'),
        container('x', { release: '', root: '/other' }),
      ],
    });
  });

  test('containers of a release from another folder', () => {
    const problem = refused({ containers: [container('web', { root: '/srv/shop' })] });
    expect(problem).toMatchObject({
      id: 'project-elsewhere',
      value: `shop-staging-web-1: /srv/shop, here: ${ROOT}`,
    });
    expect(problem.fix).toContain('"path: /srv/shop"');
  });

  test('another name than that of the release that is served', () => {
    expect(refused({ current, project: 'shop' })).toMatchObject({
      id: 'project-renamed',
      value: 'shop -> shop-staging',
    });
  });
});

describe('a project under another name that may be this one', () => {
  const twin: readonly Stranger[] = [
    { project: 'old', service: 'web', image: 'ghcr.io/acme/web:1.0' },
    { project: 'old', service: 'db', image: 'redis:7' },
  ];
  const [web, db] = twin;

  test('is asked about', () => {
    expect(refused({ strangers: twin })).toMatchObject({
      id: 'project-ambiguous',
      value: 'old: web, db',
      fix: expect.stringContaining('"name: old"') as unknown,
    });
  });

  test('also when its images were built on the host', () => {
    expect(refused({ strangers: twin.map((one) => ({ ...one, image: `old-${one.service}` })) }).id).toBe('project-ambiguous'); // prettier-ignore
  });

  test.each<[string, readonly (Stranger | undefined)[]]>([
    ['has another image', [{ project: 'old', service: 'web', image: 'ghcr.io/acme/blog' }, db]],
    ['has fewer services', [web]],
    ['has more services', [web, db, { project: 'old', service: 'x', image: 'x' }]],
    ['has other services', [{ project: 'old', service: 'app', image: 'ghcr.io/acme/web' }, db]],
  ])('but not when it %s', (_, strangers) => {
    accept({ strangers: strangers.filter((one) => one !== undefined) });
  });

  test('nor when something runs here already', () => {
    accept({ strangers: twin, current: { release: 'r0', version: 'v0' } });
    accept({ strangers: twin, containers: [container('db', { release: '' })] });
  });
});
