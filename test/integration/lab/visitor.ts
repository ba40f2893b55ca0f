/** What somebody with a Docker Engine and no root does: opens the lab, releases to a host of it, switches that off and on, and leaves. */
import { setTimeout as sleep } from 'node:timers/promises';
import { hello, helloEnv } from '../../lab/hello.ts';
import { openLab } from '../../lab/lab.ts';
import { runStep } from '../../runner/runner.ts';

const lab = await openLab();
try {
  const host = await lab.host('host');
  const system = hello(lab);
  await system.build('v1');
  const { outputs, log } = await runStep({
    action: 'actions/ssh-deploy',
    workspace: system.workspace,
    inputs: { ...system.inputs(host), release: 'release.json', version: 'v1', env: helloEnv() },
  });
  await host.powerCycle();
  let says = '';
  for (let tries = 0; tries < 300 && !says.startsWith('200 '); tries += 1) {
    await sleep(100);
    says = await fetch(host.url('/')).then(
      async (response) => `${response.status} ${await response.text()}`,
      String,
    );
  }
  console.log(JSON.stringify({ target: host.target, outcome: outputs.outcome, says, log }));
} finally {
  await lab.close();
}
