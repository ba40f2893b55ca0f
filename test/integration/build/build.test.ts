import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Builder, startBuilder } from '../../lab/builder.ts';
import { docker, engineEnv, sh } from '../../lab/engine.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import type { StepResult } from '../../runner/runner.ts';
import { program } from './elf.ts';
import {
  blobOf,
  buildStep,
  copyOf,
  inRegistry,
  NODE,
  type Project,
  project,
  say,
} from './project.ts';

const DOCKERFILE = `ARG BASE=${NODE}
FROM \${BASE} AS made
WORKDIR /made
RUN date +%N > when && node -e "require('fs').writeFileSync('big', require('crypto').randomBytes(300000))"
FROM \${BASE}
COPY --from=made /made /made
COPY app.js /app/
ARG REVISION=unknown
ENV REVISION=\${REVISION}
USER 1000
HEALTHCHECK CMD ["true"]
CMD ["node", "/app/app.js"]
`;
const APP = 'console.log(process.env.REVISION);\n';

let lab: Lab;
let builder: Builder;
beforeAll(async () => {
  lab = await openLab();
  builder = await startBuilder(lab);
});
afterAll(() => lab.close());

interface Slipway {
  readonly slipway: { readonly steps: number; readonly cached: number };
}
const stepsOf = ({ outputs }: StepResult): Slipway['slipway'] =>
  (JSON.parse(outputs.metadata ?? '') as Slipway).slipway;

describe('an image', () => {
  let shop: Project;
  let first: StepResult;
  beforeAll(async () => {
    shop = await project(lab, {
      'services/web/Dockerfile': DOCKERFILE,
      'services/web/app.js': APP,
    });
    first = await buildStep(shop, { service: 'web', context: 'services/web' }, { builder });
  });

  test('is pushed, and known by digest, tags and the commit that it was built from', async () => {
    expect(first).toMatchObject({ exitCode: 0, postExitCode: 0, leftovers: [] });
    const { outputs } = first;
    const names = ['main', `sha-${shop.commit}`];
    expect(outputs).toMatchObject({
      outcome: 'pushed',
      image: shop.image,
      ref: `${shop.image}@${outputs.digest ?? ''}`,
      tags: names.map((name) => `${shop.image}:${name}`).join('\n'),
      leg: 'slipway/web.json',
    });
    for (const name of names) expect((await inRegistry(shop, name))?.digest).toBe(outputs.digest);
    expect(JSON.parse(readFileSync(join(shop.folder, 'slipway/web.json'), 'utf8'))).toEqual({
      schema: 1,
      service: 'web',
      image: outputs.ref,
      revision: shop.commit,
      platforms: ['linux/amd64'],
      attestations: [],
    });
    expect(await say(outputs.ref ?? '')).toBe(shop.commit);
  });

  test('carries the OCI labels, with the time of the commit', async () => {
    const manifest = await inRegistry(shop, first.outputs.digest ?? '');
    const config = (await blobOf(shop, manifest?.json.config.digest ?? '')) as {
      readonly created: string;
      readonly config: { readonly Labels: unknown };
    };
    expect(config.created).toBe('2026-01-02T03:04:05Z');
    expect(config.config.Labels).toMatchObject({
      'org.opencontainers.image.created': '2026-01-02T03:04:05Z',
      'org.opencontainers.image.revision': shop.commit,
      'org.opencontainers.image.source': 'https://github.com/acme/shop',
      'org.opencontainers.image.title': 'web',
      'org.opencontainers.image.version': 'main',
    });
    const sizes = [manifest?.json.config, ...(manifest?.json.layers ?? [])] as { size: number }[];
    expect(first.outputs.size).toBe(String(sizes.reduce((sum, { size }) => sum + size, 0)));
  });

  test('built again is the same, and nothing is done twice', async () => {
    const again = await buildStep(shop, { context: 'services/web', service: 'web' }, { builder });
    expect(again.outputs.digest).toBe(first.outputs.digest);
    const { steps, cached } = stepsOf(again);
    expect([steps, cached]).toEqual([4, 4]);
    expect(again.summary).toContain('compressed, as before');
    // BuildKit's own history of that build.
    const [, , id = ''] =
      (JSON.parse(again.outputs.metadata ?? '') as Record<string, string>)[
        'buildx.build.ref'
      ]?.split('/') ?? [];
    const history = await sh('docker', ['buildx', 'history', 'inspect', id, '--format', 'json'], {
      env: { ...engineEnv, ...builder.env },
    });
    expect(JSON.parse(history)).toMatchObject({ Status: 'completed', NumCachedSteps: 4 });
  });

  test('built on another runner is the same, from the cache in the registry', async () => {
    const other = await startBuilder(lab, { fresh: true });
    const elsewhere = copyOf(shop, lab);
    const again = await buildStep(
      elsewhere,
      { context: 'services/web', service: 'web' },
      { builder: other },
    );
    await other.stop();
    expect(stepsOf(again)).toEqual({ steps: 4, cached: 4 });
    expect(again.outputs.digest).toBe(first.outputs.digest);
  });

  test('of a version gets its names, and latest', async () => {
    const inputs = { context: 'services/web', service: 'web' };
    const tagged = await buildStep(shop, inputs, { builder, ref: 'refs/tags/v1.2.0' });
    for (const name of ['1.2.0', '1.2', '1', 'latest'])
      expect((await inRegistry(shop, name))?.digest).toBe(tagged.outputs.digest);
  });

  test('that is too large gets no name, and its layers are listed', async () => {
    const { exitCode, outputs, log } = await buildStep(
      shop,
      { context: 'services/web', service: 'web', 'max-size': '90MB', tags: 'type=raw,value=huge' },
      { builder },
    );
    expect([exitCode, outputs.outcome]).toEqual([1, 'failed']);
    expect(log).toMatch(/\[image-too-large\]/);
    expect(log).toMatch(/Fix: Make its largest layers smaller, or raise max-size: \d+\.\d MB by /);
    expect(log).toMatch(/0\.3 MB by COPY \/made \/made/);
    expect(await inRegistry(shop, 'huge')).toBeUndefined();
  });
});

test('secrets reach the step that mounts them, and nobody else', async () => {
  const { folder, ...rest } = await project(lab, {
    Dockerfile: `FROM ${NODE}
RUN --mount=type=secret,id=token,required=true --mount=type=secret,id=file --mount=type=secret,id=npmrc \\
    echo ${lab.folder} && cat /run/secrets/token && sha256sum /run/secrets/* && env && tr '\\0' '\\n' < /proc/1/environ
USER 1000
`,
    'a-file': `in a file ${lab.folder}\n`,
  });
  const token = `token-of-${folder.slice(-6)}`;
  const npmrc = 'registry=https://example.com/\n//example.com/:_authToken="quoted-and-secret"';
  const { exitCode, log, outputs, leftovers } = await buildStep(
    { folder, ...rest },
    {
      secrets: `token=${token}\n"npmrc=${npmrc.replaceAll('"', '""')}"`,
      'secret-files': 'file=a-file',
    },
    { builder },
  );
  expect(exitCode).toBe(0);
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  expect(log).toContain(`${hash(token)}  /run/secrets/token`);
  expect(log).toContain(`${hash(npmrc)}  /run/secrets/npmrc`);
  expect(log).toContain(`${hash(`in a file ${lab.folder}\n`)}  /run/secrets/file`);
  expect(log).toContain('***');
  expect(log).not.toContain(token);
  expect(log).not.toContain('quoted-and-secret');
  expect(JSON.stringify(outputs)).not.toContain(token);
  expect(leftovers).toEqual([]);
});

test('two platforms come out of one build, the foreign one by an emulator', async () => {
  const two = await project(lab, {
    Dockerfile:
      'FROM scratch\nARG TARGETARCH\nCOPY --chmod=755 $TARGETARCH /say\nRUN ["/say"]\nUSER 1000\nENTRYPOINT ["/say"]\n',
    amd64: program('amd64', `amd64 ${lab.folder}\n`),
    arm64: program('arm64', `arm64 ${lab.folder}\n`),
  });
  const { exitCode, outputs, log } = await buildStep(
    two,
    { platforms: 'linux/amd64, linux/arm64', attestation: 'buildkit' },
    { builder },
  );
  expect(log).toContain(`arm64 ${lab.folder}`);
  expect(exitCode).toBe(0);
  const index = await inRegistry(two, outputs.digest ?? '');
  expect(
    index?.json.manifests?.map(({ platform }) => `${platform.os}/${platform.architecture}`),
  ).toEqual(['linux/amd64', 'linux/arm64', 'unknown/unknown', 'unknown/unknown']);
  const leg: unknown = JSON.parse(readFileSync(join(two.folder, outputs.leg ?? ''), 'utf8'));
  expect(leg).toMatchObject({
    platforms: ['linux/amd64', 'linux/arm64'],
    attestations: ['provenance'],
  });
  expect(await say(outputs.ref ?? '')).toBe(`amd64 ${lab.folder}`);
});

test("the engine's own builder pushes and loads, too; its cache is a warning", async () => {
  const plain = await project(lab, {
    Dockerfile: `FROM slipway-lab/node\nCOPY app.js /\nUSER 1000\nCMD ["node", "/app.js"]\n`,
    'app.js': `console.log('plain ${lab.folder}');\n`,
  });
  const env = {
    DOCKER_HOST: engineEnv.DOCKER_HOST ?? '',
    DOCKER_CONFIG: engineEnv.DOCKER_CONFIG ?? '',
    PATH: engineEnv.PATH ?? '',
  };
  const pushed = await buildStep(plain, {}, { builder: undefined, env });
  expect(pushed.exitCode).toBe(0);
  expect(pushed.log).toMatch(
    /::warning::The cache will not be kept: .*docker\/setup-buildx-action@/,
  );
  for (const name of ['main', `sha-${plain.commit}`])
    expect((await inRegistry(plain, name))?.digest).toBe(pushed.outputs.digest);
  const name = `slipway-test-${plain.folder.slice(-6).toLowerCase()}`;
  const loaded = await buildStep(
    plain,
    { image: name, push: 'false', load: 'true', cache: 'none', tags: 'type=raw,value=mine' },
    { builder: undefined, env },
  );
  expect(loaded.outputs).toMatchObject({ outcome: 'loaded', digest: '', leg: '' });
  expect(await docker('run', '--rm', `${name}:mine`)).toBe(`plain ${lab.folder}`);
  await docker('rmi', `${name}:mine`);
});

test('a build that is cancelled leaves no login and no name behind', async () => {
  const slow = await project(lab, {
    Dockerfile: `FROM ${NODE}\nRUN echo ${lab.folder} && sleep 3\n`,
  });
  let end = (): void => undefined;
  const { log, leftovers, exitCode } = await buildStep(
    slow,
    {},
    {
      builder,
      onMain: (main) => {
        end = () => {
          main.kill('SIGINT');
        };
      },
      onLine: (line) => {
        if (line.includes(`| ${lab.folder}`)) end();
      },
    },
  );
  expect(exitCode).not.toBe(0);
  expect(log).toContain(lab.folder);
  expect(leftovers).toEqual([]);
  expect(await inRegistry(slow, 'main')).toBeUndefined();
});
