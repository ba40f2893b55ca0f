import { describe, expect, test } from '@jest/globals';
import { buildInputs } from '../../../src/build/inputs.ts';
import { parseSecrets } from '../../../src/build/secrets.ts';
import { type ImageInputs, imageSettings } from '../../../src/build/settings.ts';
import { refuseTooLarge } from '../../../src/build/size.ts';
import { formatReference } from '../../../src/registry/reference.ts';
import { folderWith, ownEnvironment, problemOf, stdoutOf } from '../kit/support.ts';

const CONFIG = `app: shop
compose: [compose.yml]
services:
  web:
    context: services/web
    image: ghcr.io/acme/shop/web
    target: production
    args: { A: config, B: config }
    platforms: [linux/amd64, linux/arm64]
    max-size: 500MB
`;
const FILES = {
  'slipway.yml': CONFIG,
  Dockerfile: '',
  'services/web/Dockerfile': '',
  'other/Dockerfile.prod': '',
};

function settings(change: Partial<ImageInputs> = {}, files: Record<string, string> = FILES) {
  return imageSettings({
    workspace: folderWith(files),
    config: 'slipway.yml',
    service: undefined,
    context: undefined,
    dockerfile: undefined,
    image: undefined,
    target: undefined,
    buildArgs: {},
    platforms: [],
    maxSize: undefined,
    repository: 'Acme/Shop',
    ...change,
  });
}

describe('what is built', () => {
  test('a lone Dockerfile needs nothing', () => {
    const found = settings();
    expect(found).toMatchObject({
      service: 'shop',
      dockerfileName: 'Dockerfile',
      platforms: [],
      buildArgs: {},
    });
    expect(formatReference(found.image)).toBe('ghcr.io/acme/shop');
    expect(found.maxBytes).toBeUndefined();
  });

  test('a service of slipway.yml', () => {
    const found = settings({ service: 'web' });
    expect(found).toMatchObject({
      service: 'web',
      dockerfileName: 'services/web/Dockerfile',
      target: 'production',
      buildArgs: { A: 'config', B: 'config' },
      platforms: ['linux/amd64', 'linux/arm64'],
      maxBytes: 500e6,
      compose: ['compose.yml'],
    });
    expect(found.context).toMatch(/\/services\/web$/);
    expect(formatReference(found.image)).toBe('ghcr.io/acme/shop/web');
  });

  test('inputs win over slipway.yml', () => {
    const found = settings({
      service: 'web',
      context: 'other',
      dockerfile: 'other/Dockerfile.prod',
      image: 'Docker.io/Acme/Web',
      target: 'dev',
      buildArgs: { B: 'input' },
      platforms: ['linux/arm64'],
      maxSize: '1.5GiB',
    });
    expect(found).toMatchObject({
      dockerfileName: 'other/Dockerfile.prod',
      target: 'dev',
      buildArgs: { A: 'config', B: 'input' },
      platforms: ['linux/arm64'],
      maxBytes: 1.5 * 2 ** 30,
    });
    expect(formatReference(found.image)).toBe('docker.io/acme/web');
  });

  test('a service that detect has found needs no slipway.yml', () => {
    const { 'slipway.yml': _, ...files } = FILES;
    expect(problemOf(() => settings({ service: '../x' }, files)).id).toBe('service-unknown');
    const found = settings({ service: 'web', context: 'services/web' }, files);
    expect(formatReference(found.image)).toBe('ghcr.io/acme/shop/web');
    expect(settings({ service: 'new', context: 'services/web' }).service).toBe('new');
  });

  test.each([
    [{ service: 'nope' }, 'service-unknown', 'nope'],
    [{ service: '../x', context: '.' }, 'service-unknown', '../x'],
    [{ context: 'nowhere' }, 'context-missing', 'nowhere'],
    [{ context: 'other' }, 'dockerfile-missing', 'other/Dockerfile'],
    [{ context: '../..' }, 'path-outside-workspace', '../..'],
    [{ dockerfile: '/etc/passwd' }, 'path-outside-workspace', '/etc/passwd'],
    [{ image: 'ghcr.io/acme/shop:v1' }, 'bad-image', 'ghcr.io/acme/shop:v1'],
    [{ image: 'ghcr.io/acme/shop,type=local' }, 'bad-image', 'ghcr.io/acme/shop,type=local'],
    [{ repository: undefined }, 'input-required', 'image'],
    [{ maxSize: 'small' }, 'bad-size', 'small'],
    [{ service: 'web', config: 'other.yml' }, 'config-missing', 'other.yml'],
  ] as const)('refuses %o', (change, id, value) => {
    const problem = problemOf(() => settings(change));
    expect([problem.id, problem.value]).toEqual([id, value]);
  });
});

describe('the input secrets', () => {
  test.each([
    ['', []],
    ['a=b', [['a', 'b']]],
    ['a=b=c\nd=e', [['a', 'b=c'], ['d', 'e']]],
    ['\na= b \n\n', [['a', ' b']]],
    ['"a=line 1\nline 2"\nb=c', [['a', 'line 1\nline 2'], ['b', 'c']]],
    ['"a=say ""hi"""', [['a', 'say "hi"']]],
    ['a="quoted"', [['a', '"quoted"']]],
  ])('%j', (text, expected) => {
    expect(parseSecrets(text).map(({ id, value }) => [id, value])).toEqual(expected);
  }); // prettier-ignore

  test.each([
    ['token', 'entry 1'],
    ['a=b\n=hidden', 'entry 2'],
    ['a=', 'a'],
    ['a b=hidden', 'entry 1'],
    ['-x=hidden', 'entry 1'],
  ])('refuses %j without showing a value', (text, value) => {
    const problem = problemOf(() => parseSecrets(text));
    expect([problem.id, problem.value]).toEqual(['bad-secret', value]);
    expect(JSON.stringify(problem)).not.toContain('hidden');
  });
});

describe('the inputs of the action', () => {
  const give = ownEnvironment();
  const read = (inputs: Record<string, string>) => {
    process.env.GITHUB_WORKSPACE = folderWith(FILES);
    process.env.GITHUB_REPOSITORY = 'acme/shop';
    give(inputs);
    return buildInputs();
  };

  test('have defaults that need nothing but a Dockerfile', () => {
    expect(read({})).toMatchObject({
      push: true,
      load: false,
      cache: 'registry',
      attestation: 'none',
      sbom: 'false',
      timeoutMs: 1_800_000,
      tags: [],
      secrets: [],
    });
  });

  test('are read, and secrets masked as a whole and line by line', async () => {
    let found: unknown;
    const log = await stdoutOf(() => {
      found = read({
        secrets: '"key=first line\nsecond line"',
        'secret-files': 'ca=ca.pem\nabs=/etc/ca.pem',
        platforms: 'linux/amd64, linux/arm64\nlinux/386',
        labels: 'a=b=c\nd=e',
        'build-args': 'X=1',
        tags: 'type=sha\ntype=raw,value=x',
        timeout: '90s',
      });
    });
    expect(log).toContain('::add-mask::first line\n');
    expect(log).toContain('::add-mask::second line\n');
    expect(found).toMatchObject({
      platforms: ['linux/amd64', 'linux/arm64', 'linux/386'],
      labels: { a: 'b=c', d: 'e' },
      image: { buildArgs: { X: '1' } },
      tags: ['type=sha', 'type=raw,value=x'],
      secretFiles: { ca: expect.stringMatching(/\/ca\.pem$/), abs: '/etc/ca.pem' },
      timeoutMs: 90_000,
    });
  });

  test.each([
    [{ cache: 'redis' }, 'bad-choice', 'redis'],
    [{ attestation: 'yes' }, 'bad-choice', 'yes'],
    [{ labels: 'nothing' }, 'bad-pair', 'nothing'],
    [{ 'secret-files': 'a/b=c' }, 'bad-secret', 'a/b'],
    [{ 'secret-files': 'a=../../x' }, 'path-outside-workspace', '../../x'],
    [{ push: 'perhaps' }, 'bad-boolean', 'perhaps'],
  ])('refuse %o', (inputs, id, value) => {
    const problem = problemOf(() => read(inputs));
    expect([problem.id, problem.value]).toEqual([id, value]);
  });
});

describe('max-size', () => {
  test('the largest platform is held to the budget, and its largest layers are named', () => {
    const layer = (size: number, madeBy: string) => ({ size, madeBy });
    const images = [
      { platform: 'linux/amd64', size: 10, layers: [] },
      {
        platform: 'linux/arm64',
        size: 30e6,
        layers: [
          layer(1e6, 'COPY a /a # buildkit'),
          layer(20e6, '/bin/sh -c npm ci'),
          layer(9e6, 'x'.repeat(200)),
        ],
      },
    ];
    expect(() => {
      refuseTooLarge(images, 30e6);
    }).not.toThrow();
    const problem = problemOf(() => {
      refuseTooLarge(images, 29e6);
    });
    expect([problem.id, problem.value]).toEqual(['image-too-large', 'linux/arm64: 30.0 MB']);
    expect(problem.fix).toContain(
      `20.0 MB by npm ci; 9.0 MB by ${'x'.repeat(100)}…; 1.0 MB by COPY a /a.`,
    );
  });
});
