import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { type Load, since, startLoad } from '../../lab/load.ts';
import type { Count } from '../../lab/meter.ts';
import { BY_HAND, type Shop, shop } from './shop.ts';

let lab: Lab;
let host: Host;
let system: Shop;
let load: Load;

interface Answer {
  readonly revision: string;
  readonly visits: number;
  readonly uploads: readonly string[];
  readonly cache: readonly string[];
}

const ask = async (): Promise<Answer> => (await (await fetch(host.url('/'))).json()) as Answer;

const DATA = { uploads: ['a-photo'], cache: ['a-thumbnail'] };

/** Every container with what a person would miss: identity, name, state, restart policy, mounts. */
const containers = (): Promise<string> =>
  host.exec(
    `docker inspect -f '{{.Id}} {{.Name}} {{.State.Running}} {{.HostConfig.RestartPolicy.Name}} {{range .Mounts}}{{.Name}}{{.Source}} {{end}}' $(docker ps -aq) | sort`,
  );
const volumes = (): Promise<string> => host.exec('docker volume ls -q | sort');
const networks = (): Promise<string> => host.exec("docker network ls --format '{{.ID}} {{.Name}}' | sort"); // prettier-ignore

beforeAll(async () => {
  lab = await openLab();
  host = await lab.host('adopt');
  system = shop(lab);
  const byHand = await system.build('by-hand');
  await system.startByHand(host, byHand);
  await host.exec(
    `touch ${BY_HAND}/uploads/a-photo && docker exec shop-web-1 touch /cache/a-thumbnail && chmod 700 ${BY_HAND}/uploads`,
  );
  for (const version of ['v1', 'v2', 'v3']) await system.build(version);
  await system.build('bad', { broken: 'crash' });
  expect(await ask()).toMatchObject(DATA);
  load = await startLoad({
    streams: [{ url: host.url('/'), perSecond: 50, connections: 'fresh' }],
  });
});

afterAll(async () => {
  await load.stop();
  await lab.close();
});

describe('a project that somebody started by hand', () => {
  test('a dry run says what would be taken over, and touches nothing', async () => {
    const before = await containers();
    const { exitCode, log, summary } = await system.deploy(host, 'v1', { 'dry-run': 'true' });
    expect(exitCode).toBe(0);
    for (const line of [
      'The project shop is taken over: shop-db, shop-proxy-1, shop-web-1',
      'db: /data stays the volume shop_db-data',
      `web: /uploads stays ${BY_HAND}/uploads (in the Compose file: ./uploads)`,
      'web: /cache stays the volume ',
      'db: stop-first, started by hand; container_name: shop-db can exist only once',
      'web: start-first, started by hand',
      'proxy: stop-first, started by hand; it publishes port 80',
    ])
      expect(log).toContain(line);
    expect(summary).toContain('shop\\_db-data');
    expect(await containers()).toBe(before);
  });

  test.each([
    ['', 'start-first', 'db'],
    [', also when the web application had to stop for it', 'stop-first', 'db web'],
  ])(
    'when its first release is broken, everything is again what it was%s',
    async (_, order, back) => {
      const before = [await containers(), await volumes(), await networks()];
      const compose = join(system.workspace, 'docker-compose.yml');
      const text = readFileSync(compose, 'utf8');
      writeFileSync(compose, text.replace('order: start-first', `order: ${order}`));
      const { exitCode, outputs, log } = await system.deploy(host, 'bad');
      writeFileSync(compose, text);
      expect(log).toContain(`${back}: what was started by hand is started again`);
      expect({ exitCode, outputs }).toMatchObject({ exitCode: 11, outputs: { outcome: 'rolled-back' } }); // prettier-ignore
      expect(log).toContain('production serves what was started by hand again.');
      expect([await containers(), await volumes(), await networks()]).toEqual(before);
      expect(await ask()).toMatchObject(DATA);
    },
  );

  test('when the power goes while it is taken over, it is not there twice, and again what it was', async () => {
    const before = await containers();
    let cut: Promise<void> | undefined;
    const { exitCode } = await system.deploy(host, 'v1', {}, (line) => {
      if (line.includes('proxy: stopping what')) cut ??= host.powerCycle();
    });
    await cut;
    expect(exitCode).toBe(11);
    expect(await containers()).toBe(before);
    expect(await ask()).toMatchObject(DATA);
  });

  test('the first release takes it over: no volume, network or folder is another one', async () => {
    const [{ visits }, kept] = [await ask(), [await volumes(), await networks()]];
    const { exitCode, log, outputs } = await system.deploy(host, 'v1');
    expect(log).toMatch(/: db: adopted; it did not answer for \d+\.\d s/);
    expect(log).toMatch(/: proxy: adopted; it did not answer for \d+\.\d s/);
    expect({ exitCode, outputs }).toMatchObject({ exitCode: 0, outputs: { outcome: 'deployed' } });
    const answer = await ask();
    expect(answer).toMatchObject(DATA);
    expect(answer.visits).toBeGreaterThan(visits);
    expect([await volumes(), await networks()]).toEqual(kept);
    const names = await host.exec("docker ps -a --format '{{.Names}}' | sort");
    expect(names.split('\n')).toEqual(['shop-db', 'shop-proxy-2', 'shop-web-2']);
    const policies = "docker inspect -f '{{.HostConfig.RestartPolicy.Name}}' shop-db shop-web-2";
    expect(await host.exec(policies)).toBe('unless-stopped\nalways');
  });

  test('from the second release on not one request is lost, and the data is there', async () => {
    const before: Count = await load.count();
    const { visits } = await ask();
    for (const version of ['v2', 'v3']) {
      appendFileSync(join(system.workspace, 'proxy/default.conf'), `# ${version}\n`);
      const { outputs, log } = await system.deploy(host, version);
      expect(outputs).toMatchObject({ outcome: 'deployed', 'serving-version': version });
      expect(log).toContain('db: keep, unchanged');
    }
    const after = await load.count();
    expect(since(before, after).sent).toBeGreaterThan(100);
    expect(after.failures).toEqual(before.failures);
    const answer = await ask();
    expect(answer).toMatchObject(DATA);
    expect(answer.visits).toBeGreaterThan(visits);
  });

  test('a second ledger for it is refused: another folder, or another user', async () => {
    await host.exec(
      'useradd -m -G docker second && cp -r /home/deploy/.ssh /home/second/ && chown -R second: /home/second/.ssh',
    );
    const before = await containers();
    for (const inputs of [
      { path: '/home/deploy/elsewhere' },
      { host: host.target.replace('deploy', 'second') },
    ]) {
      const { exitCode, log } = await system.deploy(host, 'v3', inputs);
      expect(exitCode).toBe(10);
      expect(log).toContain('[project-elsewhere]');
      expect(log).toContain('/home/deploy/slipway/shop/production');
    }
    expect(await containers()).toBe(before);
  });
});
