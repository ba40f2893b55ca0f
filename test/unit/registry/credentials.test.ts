import { describe, expect, test } from '@jest/globals';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { dockerCredentials, type Login } from '../../../src/registry/credentials.ts';
import { folderWith, problemIn, stdoutOf } from '../kit/support.ts';

const encoded = (text: string): string => Buffer.from(text).toString('base64');

async function lookUp(config: unknown, registry: string, bin?: string) {
  const folder = folderWith({ 'config.json': JSON.stringify(config) });
  const env = { DOCKER_CONFIG: folder, PATH: `${bin ?? ''}:/usr/bin:/bin` };
  let login: Login | undefined;
  const log = await stdoutOf(async () => {
    login = await dockerCredentials(env)(registry);
  });
  return { login, log };
}

/** A folder with a credential helper that answers like this. */
function helper(script: string): string {
  const folder = folderWith({ 'docker-credential-test': `#!/bin/sh\n${script}\n` });
  chmodSync(join(folder, 'docker-credential-test'), 0o755);
  return folder;
}

describe('dockerCredentials', () => {
  test('reads what docker login wrote, and masks the password', async () => {
    const config = { auths: { 'ghcr.io': { auth: encoded('octocat:pass:word') } } };
    const { login, log } = await lookUp(config, 'ghcr.io');
    expect(login).toEqual({ username: 'octocat', password: 'pass:word' });
    expect(log).toContain('::add-mask::pass:word');
  });

  test.each([
    ['https://index.docker.io/v1/', 'docker.io'],
    ['https://registry.example.com', 'registry.example.com'],
    ['https://10.0.0.1:5000/v1/', '10.0.0.1:5000'],
  ])('finds %s for %s', async (key, registry) => {
    const { login } = await lookUp({ auths: { [key]: { auth: encoded('a:secret') } } }, registry);
    expect(login).toEqual({ username: 'a', password: 'secret' });
  });

  test('a registry that is part of another one is another one', async () => {
    const config = { auths: { 'ghcr.io.example.com': { auth: encoded('a:secret') } } };
    expect((await lookUp(config, 'ghcr.io')).login).toBeUndefined();
  });

  test('an identity token is a login of its own', async () => {
    const config = { auths: { 'x.azurecr.io': { auth: encoded('0:'), identitytoken: 'token' } } };
    expect((await lookUp(config, 'x.azurecr.io')).login).toEqual({
      username: '<token>',
      password: 'token',
    });
  });

  test('without a file there is no login', async () => {
    expect(await dockerCredentials({ HOME: folderWith() })('ghcr.io')).toBeUndefined();
  });

  test('~/.docker is where it is looked for', async () => {
    const auths = { 'ghcr.io': { auth: encoded('a:secret') } };
    const home = folderWith({ '.docker/config.json': JSON.stringify({ auths }) });
    expect(await dockerCredentials({ HOME: home })('ghcr.io')).toMatchObject({ username: 'a' });
  });

  test('a broken file is named', async () => {
    const folder = folderWith({ 'config.json': '{' });
    const problem = await problemIn(dockerCredentials({ DOCKER_CONFIG: folder })('ghcr.io'));
    expect(problem).toMatchObject({
      id: 'docker-config-invalid',
      value: join(folder, 'config.json'),
    });
  });

  test.each([
    ['credHelpers', { credHelpers: { 'ghcr.io': 'test' } }],
    ['credsStore', { credsStore: 'test', auths: { 'ghcr.io': {} } }],
  ])('asks the helper of %s with the registry on stdin', async (_, config) => {
    const bin = helper('printf \'{"Username":"%s","Secret":"%s"}\' "$1" "$(cat)"');
    const { login } = await lookUp(config, 'ghcr.io', bin);
    expect(login).toEqual({ username: 'get', password: 'ghcr.io' });
  });

  test('what the helper does not know may stand in the file', async () => {
    const bin = helper('echo credentials not found in native keychain; exit 1');
    const config = { credsStore: 'test', auths: { 'ghcr.io': { auth: encoded('a:secret') } } };
    expect((await lookUp(config, 'ghcr.io', bin)).login).toMatchObject({ username: 'a' });
    expect((await lookUp(config, 'quay.io', bin)).login).toBeUndefined();
  });

  test('a helper without a name is none: the file holds the login', async () => {
    const auths = { 'ghcr.io': { auth: encoded('a:secret') } };
    const config = { credsStore: 'test', credHelpers: { 'ghcr.io': '' }, auths };
    expect((await lookUp(config, 'ghcr.io', helper('exit 3'))).login).toMatchObject({
      username: 'a',
    });
  });

  test.each([
    ['fails', 'test', 'echo hidden; exit 3', 'it ended with 3'],
    ['talks nonsense', 'test', 'echo hidden', 'it did not answer with a login'],
    ['is not installed', 'other', '', 'ENOENT'],
    ['is a path', '../x', '', 'its name is not one of a program'],
  ])('a helper that %s', async (_, credsStore, script, why) => {
    const problem = await problemIn(lookUp({ credsStore }, 'ghcr.io', helper(script)));
    expect(problem).toMatchObject({
      id: 'docker-config-invalid',
      value: `docker-credential-${credsStore}`,
    });
    expect(problem.message).toContain(why);
    expect(problem.message).not.toContain('hidden');
  });
});
