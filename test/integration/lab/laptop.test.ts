import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { resolve } from 'node:path';
import { run } from '../../../src/kit/process.ts';
import { fakeCommit } from '../../lab/build.ts';
import { docker, engineEnv, registry, sh } from '../../lab/engine.ts';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';

const checkout = resolve(import.meta.dirname, '../../..');

/** It takes a minute and a half on a machine that has nothing else to do. */
const PATIENCE = 600_000;

let lab: Lab;
let laptop: Host;

// A host of the lab is somebody's laptop: it has a Docker Engine, Node, this checkout, and a user who is not root. The lab's images are put
// there as they are here: they would be made of others from the internet, which takes minutes.
beforeAll(async () => {
  lab = await openLab();
  laptop = await lab.host('laptop', { dockerArgs: ['-v', `${checkout}:/slipway:ro`] });
  const node = await docker('create', 'slipway-lab/node');
  const pipe = `docker cp "$1:/usr/local/bin/node" - | docker cp -q - "$2:/usr/local/bin/"
    docker save slipway-lab/host slipway-lab/registry | docker exec -i "$2" docker load -q`;
  await sh('sh', ['-ec', pipe, 'pipe', node, laptop.name]);
  await docker('rm', node);
  await laptop.exec(
    `for name in node:24 nginx:1 redis:7; do
      docker tag ${registry.address}/base/$name slipway-lab/\${name%:*}
      docker rmi ${registry.address}/base/$name
    done
    docker tag slipway-lab/host slipway-lab/buildkit
    docker create --name mine slipway-lab/node && docker network create mine && docker volume create mine`,
  );
}, PATIENCE);

afterAll(() => lab.close());

const everything = (): Promise<string> =>
  laptop.exec(
    `docker ps -a --format '{{.Names}}'; docker network ls --format '{{.Name}}' | sort; docker images --format '{{.Repository}}:{{.Tag}}' | sort`,
  );

test(
  'a release by somebody who has a Docker Engine and no root, on that engine, where nothing else is touched',
  async () => {
    const before = await everything();
    const visit = 'id -u; exec node /slipway/test/integration/lab/visitor.ts';
    const { code, stdout, stderr } = await run(
      'docker',
      ['exec', laptop.name, 'su', 'deploy', '-c', visit],
      { env: engineEnv },
    );
    if (code !== 0) throw new Error(`${stdout}${stderr}`);
    expect(stderr).toMatch(/^lab: this is the Docker Engine \S+ that is here already/);
    const lines = stdout.trim().split('\n');
    expect(lines[0]).not.toBe('0');
    const { log, ...rest } = JSON.parse(lines.at(-1) ?? '') as Record<string, string>;
    expect(log).toContain('v1 is deployed');
    expect(rest).toEqual({
      target: expect.stringMatching(/^deploy@127\.0\.0\.1:2\d{4}$/) as unknown,
      outcome: 'deployed',
      says: `200 ${fakeCommit('v1')}`,
    });
    expect(await everything()).toBe(before);
    expect(await laptop.exec('docker version >/dev/null && docker volume ls -q')).toMatch(
      /^mine$/m,
    );
  },
  PATIENCE,
);
