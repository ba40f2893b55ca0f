import { buildInputs } from '../../src/build/inputs.ts';
import { runBuild } from '../../src/build/report.ts';
import { runAction } from '../../src/kit/action.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { withoutInputs } from '../../src/kit/inputs.ts';
import { actionsLog } from '../../src/kit/log.ts';
import { makeScratch } from '../../src/kit/scratch.ts';
import { RegistryClient } from '../../src/registry/client.ts';
import { registryLogin, registryOptions } from '../../src/registry/inputs.ts';
import { privateLogin } from '../../src/registry/private-login.ts';

await runAction('failed', async () => {
  const inputs = buildInputs();
  const login = registryLogin();
  const options = registryOptions();
  const scratch = makeScratch();
  const { registry } = inputs.image.image;
  const env = withoutInputs(process.env);
  if (login !== undefined)
    env.DOCKER_CONFIG = privateLogin(scratch, login, [registry], process.env);
  await runBuild(inputs, {
    log: actionsLog(systemClock),
    clock: systemClock,
    env,
    client: new RegistryClient(options),
    plainHttp: options.plainHttp,
    scratch,
  });
});
