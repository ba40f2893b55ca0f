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

/** What npm in a build needs where the registry of packages has a private authority. */
const authorities = '/etc/ssl/certs/ca-certificates.crt';
const PAIRS = Number(process.argv[2] ?? 5);
const NODE_IMAGE = `${registry.address}/base/node:24`;
const example = resolve(import.meta.dirname, '../../examples/saas-chat');

const lab = await openLab();
try {
  const builder = await startBuilder(lab);
  const workspace = join(lab.folder, 'saas-chat');
  cpSync(example, workspace, { recursive: true, filter: (path) => !path.endsWith('node_modules') });
  const git = (...args: string[]): Promise<string> =>
    sh('git', ['-C', workspace, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args]);
  await git('init', '-q');
  await git('add', '-A');
  await git('commit', '-q', '-m', 'first');
  const revision = await git('rev-parse', 'HEAD');
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
  /** A line more in a service's sources, so that the last layers are made anew. */
  const change = (service: string): void => {
    changes += 1;
    appendFileSync(
      join(workspace, `services/${service}/src/main.js`),
      `// ${process.pid} ${changes}\n`,
    );
  };

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

  const bare = async (service: string, cache: string): Promise<void> => {
    const place = `type=registry,ref=${image(service)}:barecache`;
    await sh(
      'docker',
      [
        ...['buildx', 'build', '--push', '--provenance=false', '--progress', 'plain'],
        ...[
          '--tag',
          `${image(service)}:bare`,
          '--file',
          join(workspace, `services/${service}/Dockerfile`),
        ],
        ...['--build-arg', `NODE_IMAGE=${NODE_IMAGE}`, '--build-arg', `REVISION=${revision}`],
        ...(hasAuthority ? ['--secret', `id=ca,src=${authorities}`] : []),
        ...(cache === 'none' ? [] : ['--cache-from', place, '--cache-to', `${place},mode=max`]),
        workspace,
      ],
      { env: { ...engineEnv, ...builder.env } },
    );
  };

  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const began = performance.now();
    await work();
    return (performance.now() - began) / 1000;
  };

  console.log(`${PAIRS} pairs each, auth of examples/saas-chat; ${services.length} services\n`);
  for (const service of services) await ours(service, 'registry');
  const cases = [
    { title: 'nothing changed, no cache export', changed: false, cache: 'none' },
    { title: 'a source changed, no cache export', changed: true, cache: 'none' },
    { title: 'a source changed, cache in the registry', changed: true, cache: 'registry' },
  ];
  for (const { title, changed, cache } of cases) {
    await bare('auth', cache);
    const pairs: Pair[] = [];
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const run = (way: typeof ours): Promise<number> => {
        if (changed) change('auth');
        return timed(() => way('auth', cache));
      };
      // Whoever comes second has no advantage: the order alternates.
      const [first, second] = pair % 2 === 0 ? [ours, bare] : [bare, ours];
      const [one, two] = [await run(first), await run(second)];
      pairs.push(first === ours ? { left: one, right: two } : { left: two, right: one });
    }
    show(title, 'ours', 'bare', pairs);
  }

  const all = (): void => {
    services.forEach(change);
  };
  const pairs: Pair[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    all();
    const left = await timed(() =>
      Promise.all(services.map((service) => ours(service, 'registry'))),
    );
    all();
    const right = await timed(async () => {
      for (const service of services) await ours(service, 'registry');
    });
    pairs.push({ left, right });
  }
  show(`${services.length} services, a source changed in each`, 'at once', 'one by one', pairs);
} finally {
  await lab.close();
}
process.exit();

/** Seconds of two ways to do the same. */
interface Pair {
  readonly left: number;
  readonly right: number;
}

function show(title: string, left: string, right: string, pairs: readonly Pair[]): void {
  const seconds = (of: (pair: Pair) => number): string => `${median(pairs.map(of)).toFixed(2)} s`;
  const difference = seconds((pair) => pair.left - pair.right);
  const ratio = median(pairs.map((pair) => pair.left / pair.right)).toFixed(2);
  console.log(
    `${title}: ${left} ${seconds((pair) => pair.left)}, ${right} ${seconds((pair) => pair.right)}; difference ${difference}, ratio ${ratio}`,
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
