import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { docker, registry } from '../../lab/engine.ts';
import { hello } from '../../lab/hello.ts';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { startLoad } from '../../lab/load.ts';
import { releaseEnv, type SaasChat, saasChat } from '../../lab/saas-chat.ts';
import { runStep, type StepResult } from '../../runner/runner.ts';

let lab: Lab;
let host: Host;

beforeAll(async () => {
  lab = await openLab();
  host = await lab.host('traffic', { ports: [8080] });
});

afterAll(async () => {
  await lab.close();
});

test('the meter sees what plain docker compose up costs', async () => {
  const system = hello(lab);
  const images = [await system.build('v1'), await system.build('v2')];
  await host.exec('mkdir /plain');
  await docker('cp', `${system.workspace}/.`, `${host.name}:/plain`);
  await host.exec(
    `docker login -u ${registry.username} --password-stdin ${registry.address}`,
    registry.password,
  );
  await host.exec(
    "cd /plain && sed -i 's|registry.example/hello/web|${WEB_IMAGE}|; /build:/d' docker-compose.yml",
  );
  const up = (image = ''): Promise<string> =>
    host.exec(
      `cd /plain && GREETING=hi HTTP_PORT=8080 WEB_IMAGE=${image} NGINX_IMAGE=${registry.address}/base/nginx:1 docker compose up -d --wait`,
    );
  await up(images[0]);
  const load = await startLoad({
    streams: [{ url: host.url('/', 8080), perSecond: 100, connections: 'fresh' }],
  });
  await up(images[1]);
  const { sent, failed } = await load.stop();
  expect(sent).toBeGreaterThan(100);
  expect(failed).toBeGreaterThan(20);
  await host.exec('cd /plain && GREETING=hi WEB_IMAGE=x docker compose down');
});

test('calls between services never fail, while good and bad releases of auth go through', async () => {
  const system = saasChat(lab);
  await system.build('v1');
  await system.build('v2', { only: 'auth', base: 'v1' });
  await system.build('v3', { only: 'auth', base: 'v2', broken: 'crash' });
  await system.build('v4', { only: 'auth', base: 'v2' });
  expect((await deploy(system, 'v1')).exitCode).toBe(0);
  const load = await startLoad(system.load(host, 200));
  const good = await deploy(system, 'v2');
  const bad = await deploy(system, 'v3');
  // Without curl it is the docker command that keeps an unproven container from answering.
  await host.exec('mv /usr/bin/curl /usr/bin/curl.away');
  const slower = await deploy(system, 'v4');
  await host.exec('mv /usr/bin/curl.away /usr/bin/curl');
  const count = await load.stop();
  expect(good.outputs).toMatchObject({ outcome: 'deployed' });
  expect(good.log).toMatch(/chat: keep, unchanged/);
  expect(bad.outputs).toMatchObject({ outcome: 'aborted', 'serving-version': 'v2' });
  expect(slower.outputs).toMatchObject({ outcome: 'deployed', 'serving-version': 'v4' });
  expect(count.sent).toBeGreaterThan(1_000);
  expect(count.failures).toEqual({});
});

function deploy(system: SaasChat, version: string): Promise<StepResult> {
  const inputs = {
    ...system.inputs(host, 'staging'),
    release: `${version}.json`,
    version,
    env: releaseEnv(),
    'drain-timeout': '2s',
  };
  return runStep({ action: 'actions/ssh-deploy', workspace: system.workspace, inputs });
}
