/**
 * How long each shipped bundle takes from its start to its first error (an input that is missing), and its peak of memory, beside a bundle
 * of @actions/core alone and bare node. Rounds over all of them; prints medians. `npm run bench:start [-- ROUNDS]`
 */
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/kit/process.ts';

const ROUNDS = Number(process.argv[2] ?? 15);
const checkout = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'bench-start-'));

/** Milliseconds, and MiB. */
interface Cost {
  readonly ms: number;
  readonly mib: number;
}

try {
  const programs = new Map([
    ['node', script('node.mjs', '')],
    ['@actions/core', await coreAlone()],
    ...globSync('dist/*/index.js', { cwd: checkout })
      .sort()
      .map((path) => [dirname(path), join(checkout, path)] as const),
  ]);
  const costs = new Map(Array.from(programs.keys(), (name) => [name, [] as Cost[]]));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [name, path] of programs) costs.get(name)?.push(await started(path));
  const of = (name: string, what: keyof Cost): number =>
    median((costs.get(name) ?? []).map((cost) => cost[what]));
  const core = { ms: of('@actions/core', 'ms'), mib: of('@actions/core', 'mib') };
  console.log(`${ROUNDS} rounds; ratios to @actions/core alone\n`);
  for (const name of programs.keys()) {
    const [ms, mib] = [of(name, 'ms'), of(name, 'mib')];
    console.log(
      `${name.padEnd(22)} ${ms.toFixed(0).padStart(5)} ms ${(ms / core.ms).toFixed(2)}   ${mib.toFixed(0).padStart(4)} MiB ${(mib / core.mib).toFixed(2)}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** Runs a program as a step without inputs would be. */
async function started(path: string): Promise<Cost> {
  const began = performance.now();
  const { stdout } = await run(process.execPath, ['--import', probe(), path], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, RUNNER_TEMP: folder },
    timeoutMs: 60_000,
  });
  const ms = performance.now() - began;
  const kib = /^peak (\d+)$/m.exec(stdout)?.[1];
  if (kib === undefined) throw new Error(`${path} did not end by itself:\n${stdout}`);
  return { ms, mib: Number(kib) / 1024 };
}

/** Tells the peak of memory at the end. */
function probe(): string {
  return script(
    'probe.mjs',
    `process.on('exit', () => console.log('\\npeak ' + process.resourceUsage().maxRSS));\n`,
  );
}

function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function coreAlone(): Promise<string> {
  const entry = join(checkout, 'test/bench/core-alone.ts');
  const ncc = fileURLToPath(import.meta.resolve('@vercel/ncc/dist/ncc/cli.js'));
  const out = join(folder, 'core');
  const args = [ncc, 'build', entry, '--out', out, '--no-cache', '--transpile-only', '--quiet'];
  const { code, stderr } = await run(process.execPath, args, { cwd: checkout });
  if (code !== 0) throw new Error(stderr);
  return join(out, 'index.js');
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
