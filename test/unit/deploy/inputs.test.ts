import { beforeEach, describe, expect, test } from '@jest/globals';
import { hostInputs } from '../../../src/deploy/inputs.ts';
import { keyOf } from '../../../src/registry/credentials.ts';
import { registryOf } from '../../../src/registry/reference.ts';
import { releaseInputs } from '../../../src/deploy/release-inputs.ts';
import { folderWith, ownEnvironment, problemIn, problemOf, stdoutOf } from '../kit/support.ts';
import { digest, recordOf } from './models.ts';

const inputs = ownEnvironment();

const config = `app: shop
proxy: { driver: nginx, drain: 20s }
environments:
  staging: { host: [deploy@a.example.com, deploy@b.example.com], path: /srv/shop }
  empty: {}
`;
const record = recordOf({
  api: `ghcr.io/acme/api@${digest('a')}`,
  web: `r:5000/web@${digest('b')}`,
});

let said = '';
/** Runs quietly: what is masked goes to stdout, and is kept for the test to see. */
async function quietly<T>(work: () => T | Promise<T>): Promise<T> {
  const box: { result?: T } = {};
  said = await stdoutOf(async () => {
    box.result = await work();
  });
  return box.result as T;
}

beforeEach(() => {
  process.env.GITHUB_WORKSPACE = folderWith({
    'slipway.yml': config,
    'release.json': JSON.stringify(record),
    'other.json': JSON.stringify({ ...record, app: 'other' }),
  });
  inputs({ environment: 'staging', 'ssh-key': 'line one\r\nline two' });
});

describe('hostInputs', () => {
  test('slipway.yml says where to go, defaults say how', async () => {
    const read = await quietly(hostInputs);
    expect(read.targets.map(({ text }) => text)).toEqual([
      'deploy@a.example.com',
      'deploy@b.example.com',
    ]);
    expect(read.settings.path).toBe('/srv/shop');
    expect(read.key).toBe('line one\nline two\n');
    expect(read.knownHosts).toBeUndefined();
    expect(read.manner).toMatchObject({ healthTimeoutMs: 120_000, drainMs: 20_000, keep: 5 });
    expect(said).toContain('::add-mask::line one\n::add-mask::line two\n');
  });

  test('inputs win', async () => {
    inputs({
      host: 'root@c.example.com:2222',
      path: '/srv/other',
      'health-timeout': '30s',
      'drain-timeout': '0s',
      'keep-releases': '2',
      'ssh-known-hosts': 'c.example.com ssh-ed25519 AAAA',
    });
    const read = await quietly(hostInputs);
    expect(read.targets).toMatchObject([{ host: 'c.example.com', port: 2222 }]);
    expect(read.settings.path).toBe('/srv/other');
    expect(read.manner).toMatchObject({ healthTimeoutMs: 30_000, drainMs: 0, keep: 2 });
    expect(read.knownHosts).toBe('c.example.com ssh-ed25519 AAAA');
  });

  test('the author is who and where, and nothing that the ledger could not hold', async () => {
    process.env.GITHUB_ACTOR = 'dependabot[bot]';
    process.env.GITHUB_RUN_ID = '7';
    expect((await quietly(hostInputs)).manner.by).toBe('dependabot[bot] in run 7');
    process.env.GITHUB_ACTOR = 'x","outcome":"deployed\\\n';
    delete process.env.GITHUB_RUN_ID;
    expect((await quietly(hostInputs)).manner.by).toMatch(/^[\w .@[\]-]+$/);
    delete process.env.GITHUB_ACTOR;
    expect((await quietly(hostInputs)).manner.by).toBe('somebody');
  });

  test.each<[string, Record<string, string>, string, string]>([
    ['no key', { 'ssh-key': '' }, 'input-required', 'ssh-key'],
    ['no environment', { environment: '' }, 'input-required', 'environment'],
    ['no host anywhere', { environment: 'empty' }, 'input-required', 'host'],
    ['an unknown environment', { environment: 'prod' }, 'environment-unknown', 'prod'],
    ['a bad host', { host: 'a@b\n-oProxyCommand=id@x' }, 'bad-host', '-oProxyCommand=id@x'],
    ['one release kept', { 'keep-releases': '1' }, 'bad-number', '1'],
    ['a bad duration', { 'drain-timeout': '10' }, 'bad-duration', '10'],
    ['no such file', { config: 'x.yml' }, 'config-missing', 'x.yml'],
  ])('%s', async (_, given, id, value) => {
    inputs(given);
    expect(await quietly(() => problemOf(hostInputs))).toMatchObject({ id, value });
  });

  test('the login at registries is masked and made for each of them', async () => {
    inputs({ 'registry-username': 'bot', 'registry-password': 'hunter2-hunter2' });
    const made = await quietly(() =>
      authOf(Object.values(record.services).map(({ image }) => image)),
    );
    const auth = Buffer.from('bot:hunter2-hunter2').toString('base64');
    expect(JSON.parse(made ?? '')).toEqual({ auths: { 'ghcr.io': { auth }, 'r:5000': { auth } } });
    expect(made).not.toContain('\n');
    expect(said).toContain('::add-mask::hunter2-hunter2\n');
    expect(said).toContain(`::add-mask::${auth}\n`);
  });

  test('public images need no login; half of one is a mistake', async () => {
    expect(await quietly(() => authOf(['x']))).toBeUndefined();
    inputs({ 'registry-username': 'bot' });
    expect(await quietly(() => problemOf(() => authOf(['x'])))).toMatchObject({
      id: 'input-required',
      value: 'registry-password',
    });
    inputs({ 'registry-username': '', 'registry-password': 'hunter2-hunter2' });
    expect(await quietly(() => problemOf(() => authOf(['x'])))).toMatchObject({
      id: 'input-required',
      value: 'registry-username',
    });
  });

  test('the host may pull with its own login, whatever the job has', async () => {
    inputs({
      'pull-credential': 'host',
      'registry-username': 'bot',
      'registry-password': 'hunter2-hunter2',
    });
    expect(await quietly(() => hostInputs().pullLogin(['x']))).toEqual({ credential: 'host' });
  });
});

function authOf(images: readonly string[]): string | undefined {
  const login = hostInputs().pullLogin(images);
  return 'auth' in login ? login.auth : undefined;
}

describe('releaseInputs', () => {
  test('reads the record; the version is the short commit unless it is given', async () => {
    const { subject, dryRun } = await quietly(releaseInputs);
    expect(subject).toMatchObject({
      record,
      version: 'aaaaaaa',
      env: '\n',
      pullLogin: { auth: undefined },
      allowOlder: false,
    });
    expect(dryRun).toBe(false);
    inputs({ version: 'v1.2.0', 'dry-run': 'true', 'allow-older': 'true' });
    const other = await quietly(releaseInputs);
    expect(other).toMatchObject({ dryRun: true, subject: { version: 'v1.2.0', allowOlder: true } });
  });

  test.each(['-v', 'a b', 'a\tb', '"', 'x'.repeat(129), 'a$b'])(
    '%j is no version',
    async (version) => {
      inputs({ version });
      expect(await quietly(() => problemIn(releaseInputs()))).toMatchObject({
        id: 'bad-version',
        value: version,
      });
    },
  );

  test('the values of the environment are masked, short words are not', async () => {
    inputs({
      env: 'A=first-secret\r\nexport B="second secret"\n C = \'third-secret\'\n# D=not-a-value\nE=short\n',
    });
    const { subject } = await quietly(releaseInputs);
    expect(said.match(/(?<=^::add-mask::).*-?secret$/gm)).toEqual([
      'first-secret',
      'second secret',
      'second%2520secret',
      'second+secret',
      'third-secret',
    ]);
    expect(said).not.toContain('short');
    expect(said).not.toContain('not-a-value');
    expect(subject.env).not.toContain('\r');
    expect(subject.env).toContain('A=first-secret\nexport B=');
  });

  test.each([
    ['a comment', 'A=plain-secret # why', 'plain-secret'],
    ['quotes and a comment', 'A="plain-secret" # why', 'plain-secret'],
    ['several lines', 'A="-----BEGIN-----\nMIIabcdefgh+/x\n-----END-----"', 'MIIabcdefgh+/x'],
    ['a # that is no comment', 'A=se#cret-value', 'se#cret-value'],
    ['a # in quotes', 'A="secret # value"', 'secret # value'],
    ['a colon', 'A: plain-secret', 'plain-secret'],
    ['nothing before it', 'EMPTY=\nA=plain-secret', 'plain-secret'],
  ])('a value with %s is masked', async (_, env, value) => {
    inputs({ env });
    await quietly(releaseInputs);
    expect(said.split('\n')).toContain(`::add-mask::${value}`);
  });

  test('a record of another app is refused', async () => {
    inputs({ release: 'other.json' });
    expect(await quietly(() => problemIn(releaseInputs()))).toMatchObject({
      id: 'release-foreign',
      value: 'other',
    });
  });

  test('no record', async () => {
    inputs({ release: 'none.json' });
    expect(await quietly(() => problemIn(releaseInputs()))).toMatchObject({
      id: 'release-missing',
      value: 'none.json',
    });
  });
});

test.each([
  ['nginx:1', 'https://index.docker.io/v1/'],
  ['acme/api', 'https://index.docker.io/v1/'],
  ['ghcr.io/acme/api:1', 'ghcr.io'],
  ['localhost/x', 'localhost'],
  ['localhost:5000/x', 'localhost:5000'],
  ['registry:5000/x@sha256:abc', 'registry:5000'],
])('the registry of %s is %s', (image, registry) => {
  expect(keyOf(registryOf(image))).toBe(registry);
});
