import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/kit/clock.ts';
import { RegistryClient, type RegistryOptions } from '../../../src/registry/client.ts';
import { dockerCredentials } from '../../../src/registry/credentials.ts';
import { parseReference, type Reference } from '../../../src/registry/reference.ts';
import { docker, engineEnv, registry } from '../../lab/engine.ts';
import { problemIn } from '../../unit/kit/support.ts';

const OCI = 'application/vnd.oci.image.manifest.v1+json';

/** The client against a real registry: TLS by a private authority, Basic login, a real image. */
describe('the lab registry', () => {
  const repository = `${registry.address}/record-${randomBytes(4).toString('hex')}/app`;
  const at = (rest: string): Reference => parseReference(`${repository}${rest}`);
  const client = (options: Partial<RegistryOptions> = {}): RegistryClient =>
    new RegistryClient({
      credentials: dockerCredentials(engineEnv),
      plainHttp: [],
      ca: readFileSync(registry.authority, 'utf8'),
      clock: systemClock,
      ...options,
    });
  let digest = '';
  beforeAll(async () => {
    await docker('tag', 'slipway-lab/nginx', `${repository}:v1`);
    await docker('push', '-q', `${repository}:v1`);
    digest = (await client().resolve(at(':v1')))?.digest ?? '';
  });

  test("docker's push is found, and its configuration read", async () => {
    const image = await client().manifest(at(`@${digest}`));
    const config = image?.json.config?.digest ?? '';
    const blob = await client().blob(at(''), config, 1024 * 1024);
    expect(JSON.parse(blob.toString('utf8'))).toMatchObject({ os: 'linux', architecture: 'amd64' });
  });

  test('another tag is put onto the same bytes, and docker pulls it', async () => {
    const image = await client().manifest(at(`@${digest}`));
    if (image === undefined) throw new Error('the image is gone');
    await client().putManifest(at(':v2'), image.bytes, image.descriptor.mediaType);
    expect(await docker('pull', `${repository}:v2`)).toContain(digest);
    await docker('rmi', `${repository}:v1`, `${repository}:v2`);
  });

  test('an artifact of our own goes up and comes back', async () => {
    const layer = await client().putBlob(at(''), Buffer.from('a layer'));
    const config = await client().putBlob(at(''), Buffer.from('{}'));
    const manifest = { schemaVersion: 2, mediaType: OCI, config, layers: [layer] };
    await client().putManifest(at(':own'), Buffer.from(JSON.stringify(manifest)), OCI);
    expect((await client().manifest(at(':own')))?.json.layers).toEqual([layer]);
    expect(await client().blob(at(''), layer.digest, 100)).toEqual(Buffer.from('a layer'));
  });

  test('what is not there is undefined; a push is possible', async () => {
    expect(await client().resolve(at(':none'))).toBeUndefined();
    expect(await client().resolve(at(`@sha256:${'0'.repeat(64)}`))).toBeUndefined();
    await client().canPush(at(''));
  });

  test('without a login, and with a wrong one', async () => {
    for (const login of [undefined, { username: 'lab', password: 'wrong' }]) {
      const credentials = () => Promise.resolve(login);
      const problem = await problemIn(client({ credentials }).canPush(at('')));
      expect(problem).toMatchObject({ id: 'registry-denied', value: repository });
    }
  });

  test('without its authority, and over plain HTTP', async () => {
    expect(await problemIn(client({ ca: undefined }).resolve(at(':v1')))).toMatchObject({
      id: 'registry-untrusted',
    });
    const plain = client({ plainHttp: [registry.address] });
    expect(await problemIn(plain.resolve(at(':v1')))).toMatchObject({ id: 'registry-failed' });
  });
});
