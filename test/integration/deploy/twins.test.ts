import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { registry } from '../../lab/engine.ts';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { containerOf, hello, type Hello, helloEnv } from './hello.ts';

let lab: Lab;
let host: Host;
let system: Hello;

beforeAll(async () => {
  lab = await openLab();
  host = await lab.host('twins');
  system = hello(lab);
  const service = (name: string): string =>
    `  ${name}: { image: '${registry.address}/base/redis:7', environment: { NOTE: '\${NOTE:-}' } }\n`;
  system.edit('docker-compose.yml', '  nginx:\n', `${service('a.b')}${service('axb')}  nginx:\n`);
  await system.build('v1');
});

afterAll(() => lab.close());

test('services whose names differ by what a dot may stand for are kept apart', async () => {
  for (const version of ['v1', 'v2']) {
    if (version !== 'v1') system.again(version, 'v1');
    const result = await system.deploy(host, version, { env: helloEnv({ NOTE: version }) });
    expect(result.outputs).toMatchObject({ outcome: 'deployed' });
    for (const [name, other] of [['a.b', 'axb'], ['axb', 'a.b']] as const) {
      const names = await host.exec(
        `docker inspect -f '{{range .NetworkSettings.Networks}}{{json .Aliases}}{{end}}' ${await containerOf(host, name)}`,
      );
      expect(names).toContain(`"${name}"`);
      expect(names).not.toContain(`"${other}"`);
    }
  }
}); // prettier-ignore
