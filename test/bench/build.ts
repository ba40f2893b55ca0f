/**
 * Ours against a bare `docker buildx build --push` of the same image, and six services one by one against all at once.
 * Paired runs on the same warm builder, one after the other; prints medians and the median of the differences. `npm run bench:build [-- PAIRS]`
 */
import { appendFileSync, cpSync, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Slipway } from '../../src/config/schema.ts';
import { startBuilder } from '../lab/builder.ts';
import { engineEnv, registry, sh } from '../lab/engine.ts';
import { openLab } from '../lab/lab.ts';
import { runStep } from '../runner/runner.ts';
import { paired, show } from './pairs.ts';

/** What npm in a build needs where the registry of packages has a private authority. */
const authorities = '/etc/ssl/certs/ca-certificates.crt';
/** The exporter's options by which ours makes the same bytes for the same commit. */
const SAME = ',oci-mediatypes=true,rewrite-timestamp=true';
const PAIRS = Number(process.argv[2] ?? 5);
const NODE_IMAGE = `${registry.address}/base/node:24`;
const example = resolve(import.meta.dirname, '../../examples/saas-chat');

const lab = await openLab();
try {
  const builder = await startBuilder(lab);
  const workspace = join(lab.folder, 'saas-chat');
  cpSync(example, workspace, { recursive: true, filter: (path) => !path.endsWith('node_modules') });
  // The builder keeps what earlier benches did; nothing of that may help this one.
  appendFileSync(join(workspace, '.npmrc'), `# ${lab.folder}\n`);
  const git = (...args: string[]): Promise<string> =>
    sh('git', ['-C', workspace, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args]);
  await git('init', '-q');
  await git('add', '-A');
  await git('commit', '-q', '-m', 'first');
  const [revision = '', epoch = ''] = (await git('show', '-s', '--format=%H %ct')).split(' ');
  const config = parse(readFileSync(join(workspace, 'slipway.yml'), 'utf8')) as Slipway;
  const services = Object.keys(config.services);
  const login = {
    'registry-username': registry.username,
    'registry-password': registry.password,
    'registry-ca': readFileSync(registry.authority, 'utf8'),
  };
  const hasAuthority = existsSync(authorities);

  const image = (service: string): string => `${registry.address}/bench/${service}`;
  let changes = 0;
  /** A line more, so that the layers from this file on are made anew. */
  const change = (file: string): void => {
    changes += 1;
    const blank = ' '.repeat(changes);
    appendFileSync(
      join(workspace, file),
      file.endsWith('.json') ? `${blank}\n` : `// ${changes}\n`,
    );
  };
  const source = (service: string): string => `services/${service}/src/main.js`;

  const ours = async (service: string, cache: string): Promise<void> => {
    const { exitCode, log } = await runStep({
      action: 'actions/build-image',
      workspace,
      inputs: {
        ...login,
        service,
        cache,
        image: image(service),
        'build-args': `NODE_IMAGE=${NODE_IMAGE}`,
        ...(hasAuthority && { 'secret-files': `ca=${authorities}` }),
      },
      env: {
        GITHUB_EVENT_NAME: 'push',
        GITHUB_REF: 'refs/heads/main',
        GITHUB_REPOSITORY: 'acme/saas-chat',
        GITHUB_SERVER_URL: 'https://github.com',
        ...builder.env,
      },
    });
    if (exitCode !== 0) throw new Error(log);
  };

  /** What `docker buildx build --push` takes; `same` adds what makes it the same image, with files as old as the commit. */
  const bare = async (service: string, cache: string, same: boolean): Promise<void> => {
    const place = `type=registry,ref=${image(service)}:barecache`;
    await sh(
      'docker',
      [
        ...['buildx', 'build', '--provenance=false', '--progress', 'plain'],
        ...['--output', `type=image,name=${image(service)}:bare,push=true${same ? SAME : ''}`],
        ...['--file', join(workspace, `services/${service}/Dockerfile`)],
        ...(same ? ['--build-arg', `SOURCE_DATE_EPOCH=${epoch}`] : []),
        ...['--build-arg', `NODE_IMAGE=${NODE_IMAGE}`, '--build-arg', `REVISION=${revision}`],
        ...(hasAuthority ? ['--secret', `id=ca,src=${authorities}`] : []),
        ...(cache === 'none' ? [] : ['--cache-from', place, '--cache-to', `${place},mode=max`]),
        workspace,
      ],
      { env: { ...engineEnv, ...builder.env } },
    );
  };

  console.log(`${PAIRS} pairs each, auth of examples/saas-chat; ${services.length} services\n`);
  for (const service of services) await ours(service, 'registry');
  const manifest = 'services/auth/package.json';
  const cases = [
    { title: 'nothing changed', file: undefined, cache: 'none', same: true },
    { title: 'a source changed', file: source('auth'), cache: 'none', same: true },
    {
      title: 'a source changed, cache in the registry',
      file: source('auth'),
      cache: 'registry',
      same: true,
    },
    { title: 'dependencies changed', file: manifest, cache: 'none', same: true },
    {
      title: 'a source changed, bare without timestamps',
      file: source('auth'),
      cache: 'none',
      same: false,
    },
  ];
  for (const { title, file, cache, same } of cases) {
    await bare('auth', cache, same);
    const changed = (work: () => Promise<void>) => () => {
      if (file !== undefined) change(file);
      return work();
    };
    const pairs = await paired(
      PAIRS,
      changed(() => ours('auth', cache)),
      changed(() => bare('auth', cache, same)),
    );
    show(title, 'ours', 'bare', pairs);
  }

  const all = (work: () => Promise<unknown>) => () => {
    for (const service of services) change(source(service));
    return work();
  };
  const pairs = await paired(
    PAIRS,
    all(() => Promise.all(services.map((service) => ours(service, 'registry')))),
    all(async () => {
      for (const service of services) await ours(service, 'registry');
    }),
  );
  show(`${services.length} services, a source changed in each`, 'at once', 'one by one', pairs);
} finally {
  await lab.close();
}
process.exit();
