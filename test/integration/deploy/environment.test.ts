import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { containerOf, hello, type Hello, helloEnv, ROOT, stateOf } from './hello.ts';

const TEMPLATE = `GREETING=hello
BOOT_MS=50
NGINX_IMAGE=
# required
API_KEY=
MAIL_PASSWORD=changeme
HEALTH_INTERVAL=2s
LOCALE=en # optional
`;
const KEY = '-----BEGIN PRIVATE KEY-----\nplantedKeyLine4f1c+/\n-----END PRIVATE KEY-----\n';
const SECRET = 'planted$secret 8a2e';

// One story on one host: each test starts from where the one before it ended.
describe('environment and secret files', () => {
  let lab: Lab;
  let host: Host;
  let system: Hello;

  beforeAll(async () => {
    lab = await openLab();
    host = await lab.host('environment');
    system = hello(lab);
    system.edit(
      'docker-compose.yml',
      '    environment:\n',
      "    volumes: ['./certs:/certs:ro']\n    secrets: [token]\n    environment:\n      API_KEY: ${API_KEY}\n      ODD: ${ODD:-}\n",
    );
    system.write(
      'docker-compose.yml',
      `${system.read('docker-compose.yml')}\nsecrets: { token: { file: ./only/token } }\n`,
    );
    system.write('.env.example', TEMPLATE);
    await system.build('v1');
  });

  afterAll(() => lab.close());

  const inputs = (extra: Record<string, string>): Record<string, string> => ({
    'env-template': '.env.example',
    'secret-files': `certs/tls.key=${base64(KEY)}\nonly/token=${base64('planted-token-77d0')}`,
    env: helloEnv({ API_KEY: `'${SECRET}'`, MAIL_PASSWORD: 'planted-mail-11c3', ...extra }),
  });
  const expectClean = (text: string): void => {
    const planted = ['plantedKeyLine', SECRET, 'planted-token', 'planted-mail', base64(SECRET)];
    for (const secret of planted) expect(text.includes(secret) ? secret : '').toBe('');
  };

  test('what does not fulfil the template is told before any host is asked', async () => {
    const before = await stateOf(host);
    const result = await system.deploy(host, 'v1', {
      ...inputs({ API_KEY: '', MAIL_PASSWORD: 'changeme', BOOT_MSS: '1', GREETING: 'hello' }),
      host: 'deploy@203.0.113.1',
    });
    expect(result.exitCode).toBe(10);
    expect(result.outputs).toMatchObject({ outcome: 'aborted' });
    expect(result.log).toContain('[env-incomplete]');
    expect(result.log).toMatch(
      /empty: API_KEY \(line \d\); placeholder: MAIL_PASSWORD \(line \d\)/,
    );
    expect(result.log).toMatch(/names that \.env\.example lacks: BOOT_MSS \(line \d\)/);
    expect(await stateOf(host)).toBe(before);
  });

  test.each([
    ['a broken line', { env: `A=1\nB="planted-mail-11c3` }, 'env-invalid', 'line 2'],
    ['a file of the repository', { 'secret-files': `.env.example=${base64('x')}` }, 'secret-file-exists', '.env.example'],
    ['no base64', { 'secret-files': 'certs/tls.key=planted-token-77d0' }, 'bad-secret-file', 'line 1'],
    ['no template', { 'env-template': 'nope' }, 'env-template-missing', 'nope'],
  ])('%s is refused', async (_what, extra, id, value) => {
    const result = await system.deploy(host, 'v1', { ...inputs({}), ...extra });
    expect(result.exitCode).toBe(1);
    expect(result.log).toContain(`[${id}]`);
    expect(result.log).toContain(`Value: ${value}`);
    expectClean(result.log);
  }); // prettier-ignore

  test('values and secret files are in the container as they were given, and in no log', async () => {
    const result = await system.deploy(host, 'v1', inputs({ ODD: '"\u0085\u007f\ufeff"' }));
    expect(result.outputs).toMatchObject({ outcome: 'deployed' });
    expectClean(`${result.log}${result.summary}`);
    expect(result.log).not.toContain('Environment of');
    const web = await containerOf(host, 'web');
    const inside = (script: string): Promise<string> =>
      host.exec(`docker exec ${web} node -p '${script}'`);
    expect(await inside('process.env.API_KEY')).toBe(SECRET);
    expect(await inside('encodeURI(process.env.ODD)')).toBe(encodeURI('\u0085\u007f\ufeff'));
    expect(await host.exec(`docker exec -u 0 ${web} cat /certs/tls.key`)).toBe(KEY.trim());
    expect(await host.exec(`docker exec -u 0 ${web} cat /run/secrets/token`)).toBe('planted-token-77d0');
    const modes = await host.exec(`find ${ROOT}/files -type f -exec stat -c '%a %U' {} +`);
    expect(modes.split('\n')).toEqual(['600 deploy', '600 deploy']);
  }); // prettier-ignore

  test('names that change are told, in a dry run too; values are not', async () => {
    system.again('v2', 'v1');
    const change = inputs({ API_KEY: 'planted-other-3d7f' });
    const dry = await system.deploy(host, 'v2', { ...change, 'dry-run': 'true' });
    expect(dry.log).toContain('  Environment of web: changed API_KEY, ODD');
    expect(dry.summary).toContain('Environment of web: changed API\\_KEY, ODD');
    expect(dry.outputs).toMatchObject({ outcome: 'dry-run' });
    const done = await system.deploy(host, 'v2', change);
    expect(done.outputs).toMatchObject({ outcome: 'deployed' });
    expect(done.log).toContain('  Environment of web: changed API_KEY, ODD');
    expect(`${done.log}${dry.log}`).not.toContain('planted-other-3d7f');
    const back = await system.rollback(host);
    expect(back.outputs).toMatchObject({ outcome: 'deployed', 'serving-version': 'v1' });
    expect(back.log).toContain('  Environment of web: changed API_KEY, ODD');
    const kept = await host.exec(`stat -c %a ${ROOT}/releases/*/settings.json; cat ${ROOT}/releases/*/settings.json`);
    expect(kept).toMatch(/^600\n600\n/);
    expectClean(kept);
  }); // prettier-ignore
});

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
