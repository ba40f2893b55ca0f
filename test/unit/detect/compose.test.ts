import { describe, expect, test } from '@jest/globals';
import { interpolate } from '../../../src/detect/interpolate.ts';
import { problemIn } from '../kit/support.ts';
import { Repository } from './repository.ts';

const DOCKERFILE = 'FROM node:24\n';

/** Name and what is asked for of each service that a Compose file gives. */
async function read(files: Record<string, string>): Promise<Record<string, unknown>> {
  const repository = await Repository.with({
    'a/Dockerfile': DOCKERFILE,
    Dockerfile: DOCKERFILE,
    ...files,
  });
  const services = await repository.services();
  return Object.fromEntries(
    services.map(({ name, context, dockerfile, image, target, args, platforms, contexts }) => [
      name,
      { context, dockerfile, image, target, args, platforms, contexts },
    ]),
  );
}

const plain = { target: undefined, args: {}, platforms: [], contexts: [] };
const a = { ...plain, context: 'a', dockerfile: 'a/Dockerfile', image: 'ghcr.io/acme/shop' };

describe('Compose files', () => {
  test.each<[string, string, Record<string, unknown>]>([
    ['a folder', 'a: { build: ./a }', { a }],
    ['a map', 'a: { build: { context: a } }', { a }],
    ['the root', 'a: { build: . }', { a: { ...a, context: '.', dockerfile: 'Dockerfile' } }],
    [
      'a Dockerfile elsewhere',
      'a: { build: { context: a, dockerfile: ../Dockerfile } }',
      { a: { ...a, dockerfile: 'Dockerfile' } },
    ],
    [
      'everything',
      'a: { build: { context: a, target: prod, args: { B: 1, A: x, OPEN: }, platforms: [linux/arm64], additional_contexts: { shared: ./libs, base: "docker-image://x" } } }',
      {
        a: {
          ...a,
          target: 'prod',
          args: { B: '1', A: 'x' },
          platforms: ['linux/arm64'],
          contexts: ['libs'],
        },
      },
    ],
    [
      'arguments as a list',
      'a: { build: { context: a, args: [B=1=2, OPEN] } }',
      { a: { ...a, args: { B: '1=2' } } },
    ],
    ['services without build', 'a: { build: a }\n  db: { image: postgres }', { a }],
    ['one behind a profile', 'a: { build: a }\n  x: { build: ., profiles: [tools] }', { a }],
    [
      'an image of a registry',
      'a: { build: a, image: "registry.example.com:5000/x/a:${TAG:-v1}" }',
      { a: { ...a, image: 'registry.example.com:5000/x/a' } },
    ],
    ['a local image', 'a: { build: a, image: shop/a }', { a }],
    ['an image with an open variable', 'a: { build: a, image: "ghcr.io/${ORG}/a" }', { a }],
  ])('%s', async (_, services, expected) => {
    const found = await read({ 'compose.yml': `services:\n  ${services}\n` });
    expect(found).toEqual(expected);
  });

  test('anchors, merges and extends', async () => {
    const found = await read({
      'docker-compose.yml': `
x-build: &build { context: a, target: prod }
x-service: &service { build: { <<: *build, args: { X: y } } }
services:
  one: { <<: *service }
  two: { extends: one, image: ghcr.io/x/two }
  three: { extends: { service: base, file: common.yml }, image: ghcr.io/x/three }
`,
      'common.yml': 'services: { base: { build: a, profiles: [never] } }\n',
    });
    expect(found).toMatchObject({
      one: { context: 'a', target: 'prod', args: { X: 'y' } },
      two: { context: 'a', target: 'prod', image: 'ghcr.io/x/two' },
      three: { context: 'a', image: 'ghcr.io/x/three' },
    });
  });

  test('what another file is extended with has the paths of that file', async () => {
    const found = await read({
      'compose.yml': 'services: { one: { extends: { service: base, file: a/common.yml } } }\n',
      'a/common.yml': 'services: { base: { build: { context: ., args: { X: y } } } }\n',
    });
    expect(found).toMatchObject({
      one: { context: 'a', dockerfile: 'a/Dockerfile', args: { X: 'y' } },
    });
  });

  test('arguments of a later file join those of an earlier one', async () => {
    const found = await read({
      'compose.yml': 'services: { a: { build: { context: a, args: { A: 1, B: 1 } } } }\n',
      'compose.prod.yml': 'services: { a: { build: { args: [B=2] } } }\n',
    });
    expect(found).toMatchObject({ a: { args: { A: '1', B: '2' } } });
  });

  test('the usual file first, then variants over it; not those of developers and tests', async () => {
    const found = await read({
      'docker-compose.yml': 'services: { a: { build: { context: a, target: dev } } }\n',
      'docker-compose.prod.yml': 'services: { a: { build: { target: prod } }, b: { build: a } }\n',
      'docker-compose.override.yml': 'services: { a: { build: . } }\n',
      'docker-compose.dev.yml': 'services: { tool: { build: . } }\n',
      'compose.e2e.yaml': 'services: { robot: { build: . } }\n',
    });
    expect(found).toMatchObject({ a: { context: 'a', target: 'prod' }, b: { context: 'a' } });
    expect(Object.keys(found)).toEqual(['a', 'b']);
  });

  test('services that run one image are one build', async () => {
    const found = await read({
      'compose.yaml':
        'services: { web: { build: a, image: ghcr.io/x/app }, worker: { build: a, image: ghcr.io/x/app } }\n',
    });
    expect(Object.keys(found)).toEqual(['web']);
  });

  test.each<[string, string, string, string | undefined]>([
    ['no YAML', 'a: 1\nservices: [', 'compose-invalid', 'compose.yml:2'],
    ['no map', 'services: 1', 'compose-invalid', 'compose.yml'],
    [
      'a wrong build',
      'services:\n  a: { build: { target: [] } }',
      'compose-invalid',
      'compose.yml:2',
    ],
    ['a circle', 'services:\n  a: { extends: a }', 'compose-invalid', 'compose.yml:2'],
    [
      'a circle through another file',
      'services:\n  a: { extends: { service: a, file: ./compose.yml } }',
      'compose-invalid',
      'compose.yml:2',
    ],
    [
      'a missing file',
      'services:\n  a: { extends: { service: x, file: no.yml } }',
      'compose-invalid',
      'no.yml',
    ],
    [
      'a repository',
      'services:\n\n  a: { build: "https://github.com/x/y.git" }',
      'service-invalid',
      'compose.yml:3',
    ],
    [
      'an inline one',
      'services:\n  a: { build: { dockerfile_inline: FROM x } }',
      'service-invalid',
      'compose.yml:2',
    ],
    [
      'an open variable',
      'services:\n  a: { build: "./${WHERE}" }',
      'service-invalid',
      'compose.yml:2',
    ],
    ['outside', 'services:\n  a: { build: ../a }', 'context-outside', '../a'],
    [
      'an absolute one',
      'services:\n  a: { build: { context: a, dockerfile: ../../Dockerfile } }',
      'context-outside',
      '../Dockerfile',
    ],
    ['no Dockerfile', 'services:\n  a: { build: b }', 'dockerfile-missing', 'b/Dockerfile'],
    [
      'a name that is an option',
      'services:\n  -x: { build: a }',
      'service-invalid',
      'compose.yml:2',
    ],
    [
      'twins',
      'services:\n  a: { build: a, image: ghcr.io/x/y }\n  b: { build: ., image: ghcr.io/x/y }',
      'service-duplicate',
      'ghcr.io/x/y',
    ],
    [
      'an impossible image',
      'services:\n  a: { build: a, image: ghcr.io/Acme/a }',
      'bad-image',
      'ghcr.io/Acme/a',
    ],
  ])('%s is refused', async (_, text, id, value) => {
    const problem = await problemIn(read({ 'compose.yml': text }));
    expect(problem).toMatchObject({ id, value });
  });
});

test.each<[string, string | undefined]>([
  ['plain', 'plain'],
  ['a$$B', 'a$B'],
  ['${NO:-default}-x', 'default-x'],
  ['${NO-}', ''],
  ['${NO:-${NEITHER:-deep}}', 'deep'],
  ['${NO:-$NEITHER}', undefined],
  ['${NO:+there}', ''],
  ['$NO', undefined],
  ['a${NO}', undefined],
  ['${NO:?say it}', undefined],
  // The job's environment is not for files of the repository to read.
  ['$PATH', undefined],
])('interpolate(%j) is %j', (text, value) => {
  expect(interpolate(text)).toBe(value);
});
