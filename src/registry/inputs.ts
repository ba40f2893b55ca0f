import { X509Certificate } from 'node:crypto';
import { systemClock } from '../kit/clock.ts';
import { UserError } from '../kit/errors.ts';
import { lines, optional, secret } from '../kit/inputs.ts';
import type { RegistryOptions } from './client.ts';
import { dockerCredentials, type Login } from './credentials.ts';

/**
 * The login of the inputs registry-username and registry-password; undefined without them.
 * @throws UserError `input-required` for half of one
 */
export function registryLogin(): Login | undefined {
  const username = optional('registry-username');
  const password = secret('registry-password')?.trim();
  if ((username === undefined) !== (password === undefined)) {
    throw new UserError({
      id: 'input-required',
      message: 'registry-username and registry-password belong together.',
      value: username === undefined ? 'registry-username' : 'registry-password',
      fix: 'Give both, or none where docker/login-action has logged in or the images are public.',
    });
  }
  return username === undefined || password === undefined ? undefined : { username, password };
}

/**
 * How registries are spoken to, by the inputs registry-username, registry-password, registry-ca and registry-plain-http; without a login
 * among them, by what `docker login` has left.
 * @throws UserError `input-required` or `bad-certificate`
 */
export function registryOptions(): RegistryOptions {
  const login = registryLogin();
  return {
    credentials:
      login === undefined ? dockerCredentials(process.env) : () => Promise.resolve(login),
    plainHttp: lines('registry-plain-http'),
    ca: authority(optional('registry-ca')),
    clock: systemClock,
  };
}

function authority(pem: string | undefined): string | undefined {
  if (pem === undefined) return undefined;
  try {
    new X509Certificate(pem);
    return pem;
  } catch (error) {
    throw new UserError(
      {
        id: 'bad-certificate',
        message: 'The input registry-ca is not a certificate.',
        value: 'registry-ca',
        fix: 'Give the text of the PEM file, BEGIN and END lines included.',
      },
      { cause: error },
    );
  }
}
