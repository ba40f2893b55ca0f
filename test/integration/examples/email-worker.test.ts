import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { docker, labName, registry } from '../../lab/engine.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { authorities, saasChat } from '../../lab/saas-chat.ts';

let lab: Lab;
let name: (part: string) => string;
const image = 'slipway-lab/email-worker';
const started: string[] = [];

beforeAll(async () => {
  lab = await openLab();
  name = (part) => `${basename(lab.folder).toLowerCase()}-${part}`;
  const { workspace } = saasChat(lab);
  await docker(
    'build', '-q', '-t', image, '-f', join(workspace, 'services/email-worker/Dockerfile'),
    '--build-arg', 'NODE_IMAGE=slipway-lab/node',
    ...(existsSync(authorities) ? ['--secret', `id=ca,src=${authorities}`] : []),
    workspace,
  ); // prettier-ignore
  await run('redis', [`${registry.address}/base/redis:7`, 'redis-server', '--bind', '0.0.0.0', '--protected-mode', 'no']); // prettier-ignore
  await until(async () => (await redis('ping').catch(() => '')) === 'PONG');
});

afterAll(async () => {
  if (started.length > 0) await docker('rm', '-f', ...started);
  await lab.close();
});

test('two workers send each mail once, also when one is told to stop in the middle', async () => {
  await enqueue('stop', 2_000);
  await worker('old');
  await worker('new');
  await until(async () => (await sentBy('old')).length > 100);
  await docker('stop', name('old'));
  const all = async (): Promise<string[]> => [...(await sentBy('old')), ...(await sentBy('new'))];
  await until(async () => (await all()).length >= 2_000);
  expect(new Set(await all()).size).toBe(2_000);
  expect(await all()).toHaveLength(2_000);
  expect(await docker('inspect', '-f', '{{.State.ExitCode}}', name('old'))).toBe('0');
  await docker('rm', '-f', name('new'));
});

test('a worker that is killed loses no mail', async () => {
  await run('silent', [image, 'node', '-e', 'net.createServer(() => {}).listen(2525)']);
  await worker('killed', '-e', `SMTP_URL=smtp://${name('silent')}:2525`);
  await until(async () => (await docker('logs', name('killed'))).includes('listening'));
  await enqueue('kill', 1);
  await until(async () => (await redis('keys', 'mail:processing:*')) !== '');
  await docker('kill', name('killed'));
  expect(await outbox('kill')).toEqual([]);
  await worker('rescuer');
  await until(async () => (await outbox('kill')).length > 0);
  expect(await outbox('kill')).toEqual(['kill-1']);
  expect(await redis('keys', 'mail:processing:*')).toBe('');
});

async function run(part: string, args: readonly string[]): Promise<void> {
  await docker(
    'run', '-d', '--name', name(part), '--label', `${labName}.owner=${process.pid}`,
    '--network', 'slipway-lab', ...args,
  ); // prettier-ignore
  started.push(name(part));
}

function worker(part: string, ...options: string[]): Promise<void> {
  return run(part, ['-e', `REDIS_URL=redis://${name('redis')}:6379`, ...options, image]);
}

function redis(...command: string[]): Promise<string> {
  return docker('exec', name('redis'), 'redis-cli', ...command);
}

/** Mails as billing leaves them, with the ids `<prefix>-1`, `<prefix>-2`, ... */
async function enqueue(prefix: string, count: number): Promise<void> {
  const at = new Date().toISOString();
  const mails = Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      id: `${prefix}-${i + 1}`,
      at,
      to: 'ada@example.com',
      subject: 's',
      text: 't',
    }),
  );
  await redis('lpush', 'mail:queue', ...mails);
}

/** The ids of the mails that a worker says it has sent; the outbox keeps only the last thousand. */
async function sentBy(part: string): Promise<string[]> {
  const lines = (await docker('logs', name(part))).split('\n');
  return lines.flatMap((line) => /"a mail is sent","id":"([^"]+)"/.exec(line)?.[1] ?? []);
}

/** The ids of the mails in the outbox. */
async function outbox(prefix: string): Promise<string[]> {
  const entries = await redis('xrange', 'mail:outbox', '-', '+');
  return entries.split('\n').filter((line) => line.startsWith(`${prefix}-`));
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(100);
}
