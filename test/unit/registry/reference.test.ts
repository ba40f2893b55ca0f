import { describe, expect, test } from '@jest/globals';
import { apiHost, formatReference, parseReference } from '../../../src/registry/reference.ts';
import { problemOf } from '../kit/support.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('parseReference', () => {
  test.each([
    ['nginx', 'docker.io/library/nginx'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['acme/app', 'docker.io/acme/app'],
    ['docker.io/nginx', 'docker.io/library/nginx'],
    ['index.docker.io/acme/app', 'docker.io/acme/app'],
    ['registry-1.docker.io/acme/app', 'docker.io/acme/app'],
    ['ghcr.io/acme/saas-chat/auth:v1', 'ghcr.io/acme/saas-chat/auth:v1'],
    ['localhost/app', 'localhost/app'],
    ['localhost:5000/app:1', 'localhost:5000/app:1'],
    ['10.0.0.1:5000/team/app', '10.0.0.1:5000/team/app'],
    ['[::1]:5000/app', '[::1]:5000/app'],
    ['REGISTRY/app', 'REGISTRY/app'],
    [`ghcr.io/acme/app@${digest}`, `ghcr.io/acme/app@${digest}`],
    [`ghcr.io/acme/app:v1@${digest}`, `ghcr.io/acme/app:v1@${digest}`],
    ['a__b/c.d-e--f', 'docker.io/a__b/c.d-e--f'],
  ])('%s is %s', (text, whole) => {
    const reference = parseReference(text);
    expect(formatReference(reference)).toBe(whole);
    expect(parseReference(whole)).toEqual(reference);
  });

  test('takes a name apart', () => {
    expect(parseReference(`ghcr.io:443/acme/app:v1@${digest}`)).toEqual({
      registry: 'ghcr.io:443',
      repository: 'acme/app',
      tag: 'v1',
      digest,
    });
  });

  test.each([
    '',
    '-v',
    'ghcr.io/',
    'ghcr.io/Acme/app',
    'ghcr.io/acme/app:',
    'ghcr.io/acme/app:-x',
    'ghcr.io/acme/../app',
    'ghcr.io/acme//app',
    'ghcr.io/acme/app x',
    'ghcr.io/acme/app\n',
    'ghcr.io/acme/app?x=1',
    'user@ghcr.io/app',
    'https://ghcr.io/acme/app',
    'ghcr.io/acme/app@sha256:abc',
    `ghcr.io/acme/app@${digest}\n`,
    `ghcr.io/${'a'.repeat(256)}`,
  ])('%j is refused', (text) => {
    expect(problemOf(() => parseReference(text))).toMatchObject({ id: 'bad-image', value: text });
  });
});

test("Docker Hub's API has a host of its own", () => {
  expect(apiHost('docker.io')).toBe('registry-1.docker.io');
  expect(apiHost('ghcr.io')).toBe('ghcr.io');
});
