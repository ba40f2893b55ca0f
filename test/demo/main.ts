import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../lab/host.ts';
import { openLab } from '../lab/lab.ts';
import { type Load, since, startLoad } from '../lab/load.ts';
import type { Count } from '../lab/meter.ts';
import { releaseEnv, saasChat } from '../lab/saas-chat.ts';
import { runStep } from '../runner/runner.ts';
import { edit, type Made, Pipeline } from './pipeline.ts';
import { type DemoStep, markdown, terminal } from './show.ts';

/** Requests each second on each host, and how many each step must have seen before the next begins there. */
const PER_SECOND = 110;
const PER_STEP = 1_000;

const began = performance.now();
const seconds = (): number => (performance.now() - began) / 1000;
const say = (text: string): void => {
  console.log(`${seconds().toFixed(1).padStart(6)} s  ${text}`);
};
const tell = (line: string): void => {
  console.log(`${seconds().toFixed(1).padStart(6)} s  | ${line}`);
};

say('bringing up two hosts, each with its own Docker Engine and sshd, a registry and a BuildKit');
const lab = await openLab();
const loads = new Map<Host, Load>();
const steps: DemoStep[] = [];
/** The last step on each host: what happens there counts as its own until the next one begins. */
const open = new Map<Host, { at: number; before: Count | undefined }>();

/** Counts what users of a host have noticed since its last step began. */
async function count(host: Host): Promise<void> {
  const [load, last] = [loads.get(host), open.get(host)];
  const step = last && steps[last.at];
  if (load === undefined || last === undefined || step === undefined) return;
  let counted = await load.count();
  while (since(last.before, counted).sent < PER_STEP) {
    await sleep(200);
    counted = await load.count();
  }
  const { sent, failed } = since(last.before, counted);
  steps[last.at] = { ...step, sent, failed };
  const reasons = failed === 0 ? '' : ` ${JSON.stringify(counted.failures)}`;
  const again = counted.retried === 0 ? '' : `, ${counted.retried} asked again at the end of a kept connection`; // prettier-ignore
  say(`${step.title}: ${sent} requests sent by now, ${failed} failed${reasons}${again}`);
}
try {
  const [staging, production] = await Promise.all([lab.host('staging'), lab.host('production')]);
  const system = saasChat(lab);
  const pipeline = await Pipeline.open(lab, system, tell);
  /** The versions of chat, by the commit that each was built from. */
  const revisions = new Map<string, string>();

  /** A push to main: detect, build what changed, record. */
  const push = async (version: string, change: (workspace: string) => void): Promise<Made> => {
    say(`push ${version} to main: detect, build what changed, record`);
    const made = await pipeline.push(version, change);
    revisions.set(made.commit, version);
    say(`built ${made.built.join(', ')}; unchanged: ${made.kept.join(', ') || 'none'}\n`);
    return made;
  };

  /** Runs one shipped bundle against one host and watches what its users notice. */
  const step = async (
    title: string,
    host: Host,
    environment: string,
    expected: string,
    action: string,
    inputs: Record<string, string>,
    { ref = 'refs/heads/main', workspace = system.workspace } = {},
  ): Promise<void> => {
    await count(host);
    say(title);
    const before = await loads.get(host)?.count();
    const started = seconds();
    const result = await runStep({
      action,
      workspace,
      inputs: { ...system.inputs(host, environment), ...inputs },
      env: pipeline.jobFor(ref),
      onLine: tell,
    });
    const took = seconds() - started;
    if (!loads.has(host)) loads.set(host, await startLoad(system.load(host, PER_SECOND)));
    const revision = await revisionOf(host);
    const serving = revisions.get(revision) ?? revision;
    open.set(host, { at: steps.length, before });
    steps.push({
      title,
      environment,
      started,
      took,
      outcome: result.outputs.outcome ?? '?',
      exitCode: result.exitCode,
      serving,
      expected,
      sent: 0,
      failed: 0,
      sentence: result.outputs.sentence ?? '',
    });
    say(`${environment} serves ${serving}\n`);
  };
  const deploy = (
    version: string,
    host: Host,
    environment: string,
    { release, expected = version }: { release: string; expected?: string },
    job: { ref?: string; workspace?: string } = {},
  ): Promise<void> => {
    const title = `deploy ${version} to ${environment} and prove it`;
    const inputs = {
      release,
      version,
      env: releaseEnv(),
      url: host.url(''),
      'smoke-timeout': '5s',
      'drain-timeout': '2s',
    };
    return step(title, host, environment, expected, '.', inputs, job);
  };
  /**
   * A tag: what staging has proven, and only that, goes to production, from a checkout of its own, as jobs have them. What it gives back
   * is awaited when the release has to be there: meanwhile the next commit may be built.
   */
  const tag = async (version: string): Promise<{ readonly released: Promise<void> }> => {
    const ref = `refs/tags/${version}`;
    say(`tag ${version}: look for its proof`);
    const promoted = await pipeline.promote(version);
    if (promoted.exitCode !== 0) {
      refused.push(version);
      return { released: Promise.resolve() };
    }
    const job = { ref, workspace: await pipeline.checkOut() };
    const release = { release: 'promoted.json' };
    const released = deploy(version, production, 'production', release, job);
    released.catch(() => undefined); // whoever awaits it hears of it
    return { released };
  };
  const refused: string[] = [];
  const broken = (how: string) => (workspace: string) => {
    edit(workspace, 'services/chat/Dockerfile', (text) =>
      text.replace(/^ARG BROKEN.*/m, `ARG BROKEN=${how}`),
    );
  };

  const v1 = await push('v1.0.0', () => undefined);
  await deploy('v1.0.0', staging, 'staging', { release: v1.record });
  const first = await tag('v1.0.0');

  const v2 = await push('v1.1.0', (workspace) => {
    edit(workspace, 'services/chat/src/echo.js', (text) => `${text}\n// Another version.\n`);
  });
  await first.released;
  await deploy('v1.1.0', staging, 'staging', { release: v2.record });
  const second = await tag('v1.1.0');

  const sick = await push('v1.2.0', broken('unhealthy'));
  await second.released;
  await deploy('v1.2.0', staging, 'staging', { release: sick.record, expected: 'v1.1.0' });
  await tag('v1.2.0');

  say('a record that names the image of v1.0.0 as the new one: healthy, and not what it says');
  system.mislabel('stale.json', { record: sick.record, images: v1.record });
  // Two hosts, two things at once.
  await Promise.all([
    deploy('stale', staging, 'staging', { release: 'stale.json', expected: 'v1.1.0' }),
    step('go back to v1.0.0 by hand', production, 'production', 'v1.0.0', 'actions/rollback', {
      version: 'v1.0.0',
      'drain-timeout': '2s',
    }),
  ]);
  say(`tags that staging had not proven, and that went nowhere: ${refused.join(', ')}`);
  await Promise.all([count(staging), count(production)]);
  if (refused.join() !== 'v1.2.0') throw new Error('v1.2.0 alone was to be refused');
  await pipeline.close();
} finally {
  await Promise.all([...loads.values()].map((load) => load.stop()));
  await lab.close();
}

console.log(terminal(steps, seconds()));
writeFileSync('demo-summary.md', markdown(steps, seconds()));
console.log('\nThe same as Markdown: demo-summary.md');
const bad = steps.filter(
  ({ sent, failed, serving, expected }) => sent < PER_STEP || failed > 0 || serving !== expected,
);
for (const { title, serving, expected, failed } of bad)
  console.error(
    `NOT AS EXPECTED: ${title}: serves ${serving}, expected ${expected}; ${failed} requests failed`,
  );
process.exit(bad.length === 0 && steps.length === 7 ? 0 : 1);

/** The revision of chat that users reach, asked from outside through nginx. */
async function revisionOf(host: Host): Promise<string> {
  const health = (await (await fetch(host.url('/chat/health'))).json()) as {
    revision?: string;
  };
  return health.revision ?? '?';
}
