import { afterEach, describe, expect, test } from '@jest/globals';
import { registryOptions } from '../../../src/registry/inputs.ts';
import { closeServers } from '../smoke/server.ts';
import { folderWith, ownEnvironment, problemOf, stdoutOf } from '../kit/support.ts';
import { secureServer } from './secure-server.ts';

afterEach(closeServers);

describe('registryOptions', () => {
  const give = ownEnvironment();

  test('without inputs, what docker login has left', async () => {
    const auths = { 'ghcr.io': { auth: Buffer.from('octocat:secret').toString('base64') } };
    process.env.DOCKER_CONFIG = folderWith({ 'config.json': JSON.stringify({ auths }) });
    const { credentials, plainHttp, ca } = registryOptions();
    expect(await credentials('ghcr.io')).toEqual({ username: 'octocat', password: 'secret' });
    expect({ plainHttp, ca }).toEqual({ plainHttp: [], ca: undefined });
  });

  test('a login of its own goes before, masked', async () => {
    give({
      'registry-username': 'lab',
      'registry-password': 'pass-word',
      'registry-plain-http': 'localhost:5000\n10.0.0.1:5000\n',
    });
    const log = await stdoutOf(async () => {
      const { credentials, plainHttp } = registryOptions();
      expect(await credentials('ghcr.io')).toEqual({ username: 'lab', password: 'pass-word' });
      expect(plainHttp).toEqual(['localhost:5000', '10.0.0.1:5000']);
    });
    expect(log).toContain('::add-mask::pass-word');
  });

  test.each(['registry-username', 'registry-password'])('%s alone is not enough', (name) => {
    give({ [name]: 'something' });
    expect(problemOf(registryOptions).id).toBe('input-required');
  });

  test('registry-ca is a certificate', async () => {
    const { ca } = await secureServer(() => undefined);
    give({ 'registry-ca': ca });
    expect(registryOptions().ca).toBe(ca.trim());
    give({ 'registry-ca': 'none' });
    expect(problemOf(registryOptions)).toMatchObject({ id: 'bad-certificate' });
  });
});
