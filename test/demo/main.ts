import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../lab/host.ts';
import { openLab } from '../lab/lab.ts';
import { type Load, since, startLoad } from '../lab/load.ts';
import { releaseEnv, saasChat } from '../lab/saas-chat.ts';
import { runStep } from '../runner/runner.ts';
import { type DemoStep, markdown, terminal } from './show.ts';

/** Requests each second on each host, and how many each step must have seen before the next begins. */
const PER_SECOND = 160;
const PER_STEP = 1_000;

const began = performance.now();
const seconds = (): number => (performance.now() - began) / 1000;
const say = (text: string): void => {
  console.log(`${seconds().toFixed(1).padStart(6)} s  ${text}`);
};

say('bringing up two hosts, each with its own Docker Engine and sshd, and a registry');
const lab = await openLab();
const loads = new Map<Host, Load>();
const steps: DemoStep[] = [];
try {
  const [staging, production] = await Promise.all([lab.host('staging'), lab.host('production')]);
  const system = saasChat(lab);
  say(
    'building saas-chat: v1, v2 with two services changed, one that never becomes healthy, and one whose record names old images',
  );
  await system.build('v1');
  await system.build('v2', { only: 'auth,chat', base: 'v1' });
  await system.build('v3-sick', { broken: 'unhealthy', only: 'chat', base: 'v2' });
  system.mislabel('v4-stale', { record: 'v3-sick', images: 'v1' });
  console.log();

  /** Runs one shipped bundle against one host and watches what its users notice. */
  const step = async (
    title: string,
    host: Host,
    environment: string,
    expected: string,
    action: string,
    inputs: Record<string, string>,
  ): Promise<void> => {
    say(title);
    const before = await loads.get(host)?.count();
    const started = seconds();
    const result = await runStep({
      action,
      workspace: system.workspace,
      inputs: { ...system.inputs(host, environment), ...inputs },
      onLine: (line) => { console.log(`          | ${line}`); }, // prettier-ignore
    });
    const took = seconds() - started;
    let load = loads.get(host);
    if (!load) loads.set(host, (load = await startLoad(system.load(host, PER_SECOND))));
    let counted = await load.count();
    while (since(before, counted).sent < PER_STEP) {
      await sleep(200);
      counted = await load.count();
    }
    const serving = await revisionOf(host);
    const { sent, failed } = since(before, counted);
    steps.push({
      title,
      environment,
      started,
      took,
      outcome: result.outputs.outcome ?? '?',
      exitCode: result.exitCode,
      serving,
      expected,
      sent,
      failed,
      sentence: result.outputs.sentence ?? '',
    });
    const reasons = failed === 0 ? '' : ` ${JSON.stringify(counted.failures)}`;
    say(`${environment} serves ${serving}; ${sent} requests sent, ${failed} failed${reasons}\n`);
  };
  const deploy = (
    version: string,
    host: Host,
    environment: string,
    expected = version,
  ): Promise<void> =>
    step(`deploy ${version} to ${environment} and prove it`, host, environment, expected, '.', {
      release: `${version}.json`,
      version,
      env: releaseEnv(),
      url: `http://${host.address}`,
      'smoke-timeout': '5s',
      'drain-timeout': '2s',
    });

  await deploy('v1', staging, 'staging');
  await deploy('v1', production, 'production');
  await deploy('v2', staging, 'staging');
  await deploy('v2', production, 'production');
  await deploy('v3-sick', staging, 'staging', 'v2');
  await deploy('v4-stale', production, 'production', 'v2');
  await step('go back to v1 by hand', production, 'production', 'v1', 'actions/rollback', {
    version: 'v1',
    'drain-timeout': '2s',
  });
} finally {
  await Promise.all([...loads.values()].map((load) => load.stop()));
  await lab.close();
}

console.log(terminal(steps, seconds()));
writeFileSync('demo-summary.md', markdown(steps, seconds()));
console.log('\nThe same as Markdown: demo-summary.md');
const bad = steps.filter(({ failed, serving, expected }) => failed > 0 || serving !== expected);
for (const { title, serving, expected, failed } of bad)
  console.error(
    `NOT AS EXPECTED: ${title}: serves ${serving}, expected ${expected}; ${failed} requests failed`,
  );
process.exit(bad.length === 0 && steps.length === 7 ? 0 : 1);

/** The version that users reach, asked from outside through nginx. */
async function revisionOf(host: Host): Promise<string> {
  const health = (await (await fetch(`http://${host.address}/auth/health`)).json()) as {
    version?: string;
  };
  return health.version ?? '?';
}
