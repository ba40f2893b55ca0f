import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { dirname, resolve } from 'node:path';
import { type Builder, startBuilder } from '../../lab/builder.ts';
import { engineEnv, registry, sh } from '../../lab/engine.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import type { StepResult } from '../../runner/runner.ts';
import { type Front, startFront } from './front.ts';
import { buildStep, inRegistry, NODE, type Project, project } from './project.ts';

let lab: Lab;
let builder: Builder;
let front: Front;
let small: Project;
/** The lab's own engine: its image store knows neither several platforms nor attestations. */
const classic = {
  DOCKER_HOST: engineEnv.DOCKER_HOST ?? '',
  DOCKER_CONFIG: engineEnv.DOCKER_CONFIG ?? '',
  PATH: engineEnv.PATH ?? '',
};

beforeAll(async () => {
  lab = await openLab();
  builder = await startBuilder(lab);
  front = await startFront();
  small = await project(lab, {
    Dockerfile: 'FROM scratch\nCOPY what /\nUSER 1000\n',
    what: lab.folder,
  });
});
afterEach(() => {
  front.refuse(undefined);
});
afterAll(async () => {
  await front.stop();
  await lab.close();
});

/** The error of a step that must fail: identifier, value, and what to do. */
function errorOf({
  exitCode,
  outputs,
  log,
  leftovers,
}: StepResult): Record<'id' | 'value' | 'fix', string> {
  expect([exitCode, outputs.outcome, leftovers]).toEqual([1, 'failed', []]);
  const [, id = '', value = '', fix = ''] =
    /::error::.*\[([a-z-]+)\]%0AValue: (.*?)%0AFix: (.*)$/m.exec(log) ?? [];
  return { id, value, fix };
}

const behindFront = (): Record<string, string> => ({
  image: small.image.replace(registry.address, front.address),
  'registry-plain-http': front.address,
});

describe('before anything is built', () => {
  const notBuilt = (result: StepResult): void => {
    expect(result.log).not.toContain('::group::Build');
  };

  test('a registry that is down', async () => {
    const down = { image: '127.0.0.1:9/acme/shop' };
    const result = await buildStep(small, down, { builder });
    expect(errorOf(result)).toMatchObject({
      id: 'registry-unreachable',
      value: '127.0.0.1:9/acme/shop',
    });
    notBuilt(result);
  });

  test('a wrong password', async () => {
    const result = await buildStep(small, { 'registry-password': 'wrong-password' }, { builder });
    expect(errorOf(result)).toMatchObject({
      id: 'registry-denied',
      fix: expect.stringContaining('docker/login-action'),
    });
    notBuilt(result);
  });

  test('an account that may only read', async () => {
    front.refuse((request) =>
      request.startsWith('POST')
        ? { status: 403, code: 'DENIED', message: 'permission_denied: write_package' }
        : undefined,
    );
    const result = await buildStep(small, behindFront(), { builder });
    expect(errorOf(result).id).toBe('registry-denied');
    expect(result.log).toContain('permission_denied: write_package');
    notBuilt(result);
  });

  test('several platforms, or attestations, by a builder that knows neither', async () => {
    const step = { builder: undefined, env: classic };
    const two = await buildStep(small, { platforms: 'linux/amd64,linux/arm64' }, step);
    expect(errorOf(two)).toMatchObject({
      id: 'builder-too-plain',
      value: 'linux/amd64,linux/arm64',
      fix: expect.stringMatching(
        /docker\/setup-buildx-action@37fe63.*docker\/setup-qemu-action@1f40c7/,
      ),
    });
    const attested = await buildStep(small, { attestation: 'buildkit' }, step);
    expect(errorOf(attested)).toMatchObject({
      id: 'builder-too-plain',
      value: 'attestation: buildkit',
      fix: expect.stringContaining('docker/setup-buildx-action@37fe63'),
    });
    notBuilt(attested);
  });

  test('a builder that nobody made, or an engine that is not there', async () => {
    const unknown = await buildStep(small, { builder: 'mine' }, { builder });
    expect(errorOf(unknown)).toMatchObject({ id: 'builder-unknown', value: 'mine' });
    const gone = { ...classic, DOCKER_HOST: `unix://${lab.folder}/no.sock` };
    const result = await buildStep(small, {}, { builder: undefined, env: gone });
    expect(errorOf(result).id).toBe('builder-unavailable');
    const without = await buildStep(
      small,
      {},
      { builder: undefined, env: { PATH: '/usr/bin:/bin' } },
    );
    expect(errorOf(without).id).toBe('docker-missing');
  });
});

describe('while the image is pushed', () => {
  test('a quota that is used up', async () => {
    front.refuse((request) =>
      request.startsWith('PUT')
        ? {
            status: 403,
            code: 'DENIED',
            message: 'quota exceeded: storage limit of 1 GiB is reached',
          }
        : undefined,
    );
    const result = await buildStep(small, behindFront(), { builder });
    expect(errorOf(result)).toMatchObject({
      id: 'registry-limit',
      fix: expect.stringContaining('raise the quota'),
    });
    front.refuse(undefined);
    expect(await inRegistry(small, 'main')).toBeUndefined();
  });

  test('a registry that fails for a moment is asked again', async () => {
    // BuildKit asks four times itself, two requests each.
    let failures = 0;
    front.refuse((request) => {
      if (!/^PUT .*\/manifests\/sha256:/.test(request) || failures === 8) return undefined;
      failures += 1;
      return { status: 503, code: 'UNAVAILABLE', message: 'back in a minute' };
    });
    const { exitCode, log } = await buildStep(
      small,
      { ...behindFront(), cache: 'none' },
      { builder },
    );
    expect(log).toContain('::warning::Building again, since it may pass');
    expect(exitCode).toBe(0);
    expect(await inRegistry(small, 'main')).toBeDefined();
  });

  test('a cache that cannot be written is a warning', async () => {
    front.refuse((request) =>
      /^PUT .*\/manifests\/buildcache/.test(request)
        ? { status: 403, code: 'DENIED', message: 'no caches here' }
        : undefined,
    );
    const { exitCode, log } = await buildStep(small, behindFront(), { builder });
    expect(log).toMatch(/::warning::The cache was not kept: .*403 Forbidden/);
    expect(exitCode).toBe(0);
  });
});

describe('in the Dockerfile', () => {
  const rows: [what: string, dockerfile: string, id: string, line: number, inputs?: Record<string, string>][] = [
    ['an instruction that does not exist', 'FROM scratch\nCOPPY what /\n', 'dockerfile-invalid', 2],
    ['a step that fails', `FROM ${NODE}\nWORKDIR /x\nRUN echo wrong > /dev/stderr && exit 3\n`, 'build-step-failed', 3],
    ['a secret that was not given', `FROM ${NODE}\nRUN --mount=type=secret,id=token,required=true true\n`, 'secret-missing', 2],
    ['a file that is not there', 'FROM scratch\nCOPY nothing /\n', 'copy-source-missing', 2],
    ['a base image that does not exist', `FROM ${registry.address}/base/nothing:1\n`, 'base-image-missing', 1],
    ['a registry of base images that is down', 'FROM 127.0.0.1:9/base/node:24\n', 'registry-unreachable', 0],
    ['a step for a platform that cannot run here', `FROM scratch\nCOPY --chmod=755 what /\nRUN ["/what"]\n`, 'platform-unsupported', 3],
    ['a base image that is not for the platform', `FROM ${NODE}-nothing\n`, 'base-image-missing', 1],
  ]; // prettier-ignore
  test.each(rows)('%s', async (_what, dockerfile, id, line) => {
    const broken = await project(lab, { 'web/Dockerfile': dockerfile, 'web/what': 'no program' });
    const result = await buildStep(broken, { context: 'web', cache: 'none' }, { builder });
    const error = errorOf(result);
    expect(error.id).toBe(id);
    expect(error.value).toBe(line === 0 ? '127.0.0.1:9/base/node' : `web/Dockerfile:${line}`);
    if (id === 'build-step-failed') expect(result.summary).toContain('wrong');
  });

  test('a build that takes too long is ended', async () => {
    const slow = await project(lab, {
      Dockerfile: `FROM ${NODE}\nRUN echo ${lab.folder} && sleep 60\n`,
    });
    const result = await buildStep(slow, { timeout: '2s' }, { builder });
    expect(errorOf(result).id).toBe('build-timeout');
  });

  test('warnings stand at their lines, ours and those of BuildKit, though the build fails', async () => {
    const careless = await project(lab, {
      'web/Dockerfile': `FROM ${registry.address}/base/node\nMAINTAINER joe\nCOPY .env /\nRUN exit 1\n`,
      'web/.env': 'PASSWORD=x',
    });
    const { log, summary } = await buildStep(careless, { context: 'web' }, { builder });
    const warnings = [...log.matchAll(/::warning title=([\w-]+),file=([^,]+),line=(\d+)/g)];
    expect(warnings.map(([, ...found]) => found.join(' '))).toEqual([
      'base-latest web/Dockerfile 1',
      'root-user web/Dockerfile 1',
      'no-healthcheck web/Dockerfile 1',
      'secret-copied web/Dockerfile 3',
      'MaintainerDeprecated web/Dockerfile 2',
    ]);
    expect(summary).toContain('**The Dockerfile: 5 warnings**');
  });

  test('hadolint has its say where it is installed, about what was not said yet', async () => {
    const hadolint = await sh('sh', [resolve('scripts/tool.sh'), 'hadolint']);
    const careless = await project(lab, {
      Dockerfile: `FROM ${NODE}\nRUN cd /tmp && touch x\nUSER root\nHEALTHCHECK CMD ["true"]\n`,
    });
    const PATH = `${dirname(hadolint)}:${builder.env.PATH ?? ''}`;
    const { log } = await buildStep(careless, {}, { builder, env: { PATH } });
    const warnings = [...log.matchAll(/::warning title=([\w-]+),file=Dockerfile,line=(\d+)/g)];
    expect(warnings.map(([, ...found]) => found.join(' '))).toEqual(['root-user 3', 'DL3003 2']);
  });
});
