/**
 * Bundles every action into dist/, which is committed because GitHub runs it as it stands:
 * actions/<name>/main.ts becomes dist/<name>/, post.ts becomes dist/<name>/post/.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const ncc = fileURLToPath(import.meta.resolve('@vercel/ncc/dist/ncc/cli.js'));
const options = [
  '--no-cache', // after a failed build, ncc's cache yields a bundle that mixes module kinds
  '--transpile-only', // types are what `npm run typecheck` is for
  ...['--license', 'licenses.txt'],
  '--quiet',
];

async function bundle(entry: string, out: string): Promise<void> {
  const args = [ncc, 'build', entry, '--out', out, ...options];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`ncc could not bundle ${entry}`);
  const kilobytes = Math.round(statSync(`${out}/index.js`).size / 1000);
  console.log(`${out.padEnd(32)} ${String(kilobytes).padStart(6)} kB`);
}

async function build(action: string): Promise<void> {
  const [source, out] = [`actions/${action}`, `dist/${action}`];
  rmSync(out, { recursive: true, force: true });
  await bundle(`${source}/main.ts`, out);
  if (existsSync(`${source}/post.ts`)) await bundle(`${source}/post.ts`, `${out}/post`);
}

process.chdir(`${import.meta.dirname}/..`);
const actions = globSync('actions/*/main.ts').map((entry) => basename(dirname(entry)));
if (actions.length === 0) throw new Error('There is no actions/*/main.ts to bundle');

for (const folder of globSync('dist/*')) {
  if (!actions.includes(basename(folder))) rmSync(folder, { recursive: true });
}

const queue = actions.sort().values();
const worker = async (): Promise<void> => {
  for (const action of queue) await build(action);
};
await Promise.all(Array.from({ length: availableParallelism() }, worker));
