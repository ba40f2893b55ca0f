import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { labName, machine, registry } from '../../lab/engine.ts';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import type { StepResult } from '../../runner/runner.ts';
import { hello, type Hello, stateOf } from './hello.ts';

/** The host pulls with the login that it keeps, and the job has none. */
const ITS_OWN = { 'pull-credential': 'host', 'registry-username': '', 'registry-password': '' };

let lab: Lab;
let host: Host;
let system: Hello;

beforeAll(async () => {
  lab = await openLab();
  host = await lab.host('pull');
  system = hello(lab);
  await system.build('v1');
  await system.build('v2');
  const first = await system.deploy(host, 'v1');
  expect(first.log).toContain('v1 is deployed');
});

afterAll(() => lab.close());

describe('the credential that a host keeps itself', () => {
  test('is asked for before anything changes, although every image is there already', async () => {
    await host.exec(`docker login -u lab --password-stdin ${registry.address}`, registry.password);
    await host.exec(`docker pull -q ${imageOf('v2')}`);
    await host.exec(`docker logout ${registry.address}`);
    await refused('v2', ITS_OWN, 'registry-auth', imageOf('v2'), 'docker login');
  });

  test('brings a release, and brings it back when the host has lost its images', async () => {
    await host.exec(
      `su deploy -c 'docker login -u lab --password-stdin ${registry.address}'`,
      registry.password,
    );
    const deployed = await system.deploy(host, 'v2', ITS_OWN);
    expect(deployed.outputs).toMatchObject({ outcome: 'deployed', 'serving-version': 'v2' });
    await host.exec(`docker rmi ${imageOf('v1')}`);
    const back = await system.rollback(host, ITS_OWN);
    expect(back.log).toContain(`pulling ${imageOf('v1')}`);
    expect(back.outputs).toMatchObject({ outcome: 'deployed', 'serving-version': 'v1' });
  });
});

describe('a registry that the Docker Engine of the host does not speak to', () => {
  test('plain HTTP: where to name it', async () => {
    const server = createServer((_, response) => void response.end('{}'));
    server.listen(0, machine.listen);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const image = `${machine.host}:${port}/hello/web@sha256:${'0'.repeat(64)}`;
    system.write('plain.json', system.read('v2.json').replaceAll(imageOf('v2'), image));
    try {
      await refused('plain', {}, 'registry-plain-http', image, '"insecure-registries"');
    } finally {
      server.close();
    }
  });

  test('an authority that the host does not know: where to put its certificate', async () => {
    // By its other name: on a loopback an engine would ask no registry for a certificate.
    const port = registry.address.split(':')[1] ?? '';
    const image = imageOf('v2').replace(registry.address, `${labName}-registry:${port}`);
    system.write('unknown.json', system.read('v2.json').replaceAll(imageOf('v2'), image));
    await refused('unknown', ITS_OWN, 'registry-certificate', image, '/etc/docker/certs.d/');
  });
});

/** A deploy that must be refused in these words, on a host that stays as it was. */
async function refused(
  version: string,
  inputs: Readonly<Record<string, string>>,
  id: string,
  value: string,
  fix: string,
): Promise<void> {
  const before = await stateOf(host);
  const result: StepResult = await system.deploy(host, version, inputs);
  expect(result.log).toContain(`[${id}]`);
  expect(result.log).toContain(`Value: ${value}`);
  expect(result.log).toContain(fix);
  expect(result.outputs).toMatchObject({ outcome: 'aborted', 'serving-version': 'v1' });
  expect(await stateOf(host)).toBe(before);
}

function imageOf(version: string): string {
  const { services } = JSON.parse(system.read(`${version}.json`)) as {
    services: { web: { image: string } };
  };
  return services.web.image;
}
