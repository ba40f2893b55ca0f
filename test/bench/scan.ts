/**
 * Six images of examples/saas-chat: one step of ours against Trivy called six times, each with a cache of its own; and ours cold against
 * ours with a warm cache. Paired runs; prints medians and the median of the ratios. `npm run bench:scan [-- PAIRS]`
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { readRecord } from '../../src/release/record.ts';
import { registry, sh } from '../lab/engine.ts';
import { openLab } from '../lab/lab.ts';
import { saasChat } from '../lab/saas-chat.ts';
import { toolPath } from '../lab/tool.ts';
import { vulnerabilityDatabase } from '../lab/trivy-database.ts';
import { runStep } from '../runner/runner.ts';
import { paired, show } from './pairs.ts';

const PAIRS = Number(process.argv[2] ?? 5);

const lab = await openLab();
try {
  const [trivy, database] = await Promise.all([toolPath('trivy'), vulnerabilityDatabase(lab)]);
  const system = saasChat(lab);
  await system.build('v1');
  const images = Object.values(readRecord('v1.json', system.workspace).services).map(
    ({ image }) => image,
  );
  const fresh = (): string => mkdtempSync(join(lab.folder, 'cache-'));

  const ours = async (cache: string): Promise<void> => {
    const { exitCode, log } = await runStep({
      action: 'actions/trivy-scan',
      workspace: system.workspace,
      inputs: {
        release: 'v1.json',
        'cache-dir': cache,
        'database-repositories': database,
        'upload-sarif': 'false',
        'registry-username': registry.username,
        'registry-password': registry.password,
        'registry-ca': readFileSync(registry.authority, 'utf8'),
      },
      env: { PATH: `${dirname(trivy)}${delimiter}${process.env.PATH ?? ''}` },
    });
    if (exitCode !== 0) throw new Error(log);
  };
  const cold = async (): Promise<void> => {
    const cache = fresh();
    await ours(cache);
    rmSync(cache, { recursive: true });
  };
  /** What six legs of a matrix do, or a shell loop: the same flags, the same JSON. */
  const sixTimes = async (): Promise<void> => {
    for (const image of images) {
      const cache = fresh();
      await sh(trivy, [
        ...['image', '--quiet', '--image-src', 'remote', '--cache-dir', cache],
        ...['--db-repository', database, '--cacert', registry.authority],
        ...['--username', registry.username, '--password', registry.password],
        ...['--format', 'json', '--list-all-pkgs', '--output', join(cache, 'report.json'), image],
      ]);
      rmSync(cache, { recursive: true });
    }
  };

  console.log(`${PAIRS} pairs each, ${images.length} images\n`);
  const six = `${images.length} images`;
  show(six, 'one step', 'Trivy six times', await paired(PAIRS, cold, sixTimes));
  const kept = fresh();
  console.log(
    `${six}, ours: ${await peakOf(() => ours(kept))} MiB at most, Trivy and Node together`,
  );
  show(`${six}, ours`, 'warm', 'cold', await paired(PAIRS, () => ours(kept), cold));
} finally {
  await lab.close();
}
process.exit();

/** The most memory (MiB) that our step and all that it starts have at a time while something is done, looked at ten times a second. */
async function peakOf(work: () => Promise<void>): Promise<number> {
  let peak = 0;
  const timer = setInterval(() => {
    const { stdout } = spawnSync('ps', ['-eo', 'rss=,args='], { encoding: 'utf8' });
    const own = stdout.split('\n').filter((line) => /bin\/trivy |dist\/trivy-scan\//.test(line));
    peak = Math.max(
      peak,
      own.reduce((sum, line) => sum + parseInt(line, 10), 0),
    );
  }, 100);
  await work();
  clearInterval(timer);
  return Math.round(peak / 1024);
}
