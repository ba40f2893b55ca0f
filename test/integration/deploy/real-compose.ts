import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../src/kit/process.ts';
import { engineEnv } from '../../lab/engine.ts';

/**
 * What the real Compose makes of a dotenv text: the value of each of these names that it has. Undefined when it refuses the text.
 * It runs as on a host, with no variables but those that it needs; a service that lists names passes them on as they are.
 */
export async function composeValues(
  text: string,
  names: Iterable<string>,
): Promise<Record<string, string> | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-compose-'));
  try {
    const environment = [...new Set(names)].filter((name) => name !== '');
    const model = { name: 'x', services: { x: { image: 'x', environment } } };
    writeFileSync(join(folder, '.env'), text);
    writeFileSync(join(folder, 'compose.json'), JSON.stringify(model));
    const args = ['--env-file', '.env', '-f', 'compose.json', 'config', '--format', 'json'];
    const { PATH, HOME, DOCKER_CONFIG } = engineEnv;
    const { code, stdout, stderr } = await run('docker', ['compose', ...args], {
      cwd: folder,
      env: { PATH, HOME, DOCKER_CONFIG },
    });
    if (code !== 0) {
      if (stderr.includes('failed to read')) return undefined;
      throw new Error(stderr);
    }
    const { services } = JSON.parse(stdout) as {
      services: { x: { environment?: Record<string, string | null> | null } };
    };
    return Object.fromEntries(
      Object.entries(services.x.environment ?? {}).flatMap(([name, value]) =>
        // Compose doubles each sign, so that its answer can be read as a Compose file.
        value === null ? [] : [[name, value.replaceAll('$$', '$')]],
      ),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
