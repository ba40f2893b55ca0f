import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { hello, type Hello, helloEnv, ROOT } from './hello.ts';

// One story on one host: each test starts from where the one before it ended.
let lab: Lab;
let host: Host;
let system: Hello;

beforeAll(async () => {
  lab = await openLab();
  host = await lab.host('way-back');
  system = hello(lab);
  await system.build('v1');
});

afterAll(() => lab.close());

const deploy = async (version: string): Promise<void> => {
  if (version !== 'v1') system.again(version, 'v1');
  const result = await system.deploy(host, version, { env: helloEnv({ GREETING: version }) });
  expect(result.outputs).toMatchObject({ outcome: 'deployed' });
};

const warnings = (log: string): (string | undefined)[] =>
  [...log.matchAll(/^::warning::.*\[([a-z-]+)\]%0A/gm)].map(([, id]) => id);

test('a second version that does not fit into the free memory is not started beside the first, on the way back too', async () => {
  await deploy('v1');
  system.edit('docker-compose.yml', '    build: .', '    build: .\n    mem_reservation: 9000g');
  await deploy('v2');
  system.edit('docker-compose.yml', '    mem_reservation: 9000g\n', '');
  await deploy('v3');
  const result = await system.rollback(host);
  expect(result.outputs).toMatchObject({ outcome: 'deployed', 'serving-version': 'v2' });
  expect(result.log).toContain('  web: stop-first, changed; 9663.68 GB for a second version do not fit into the ');
  expect(warnings(result.log)).toEqual([]);
}); // prettier-ignore

test('what would stop a release is only told: there may be no other way', async () => {
  await host.exec(
    `sed -i '0,/"image"/s//"mem_reservation": "9000000000000", "image"/' ${ROOT}/releases/*/compose.json`,
  );
  system.edit(
    'slipway.yml',
    'staging: {}',
    'staging: { requires-host: { memory: 9000GB, cores: 999 } }',
  );
  await host.exec('docker rm -f $(docker ps -q --filter label=com.docker.compose.service=nginx)');
  const result = await system.rollback(host);
  expect(warnings(result.log)).toEqual(['host-too-small', 'host-too-small', 'memory-short']);
  expect(result.outputs).toMatchObject({ outcome: 'deployed', 'serving-version': 'v1' });
});
