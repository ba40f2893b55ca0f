import { afterEach, beforeEach } from '@jest/globals';
import { RegistryClient, type RegistryOptions } from '../../../src/registry/client.ts';
import type { Credentials } from '../../../src/registry/credentials.ts';
import { parseReference, type Reference } from '../../../src/registry/reference.ts';
import { FakeClock } from '../kit/support.ts';
import { closeServers, serve } from '../smoke/server.ts';
import { RegistryServer } from './registry-server.ts';

export const login: Credentials = () => Promise.resolve({ username: 'lab', password: 'secret' });

/** A registry and a clock for each test of a file, and what speaks to them. */
export function scene() {
  let server = new RegistryServer();
  let clock = new FakeClock();
  let host = '';
  beforeEach(async () => {
    server = new RegistryServer();
    clock = new FakeClock();
    host = new URL(await serve(server.listener)).host;
  });
  afterEach(closeServers);
  return {
    server: () => server,
    clock: () => clock,
    host: () => host,
    at: (name = 'acme/app:v1', registry = host): Reference => parseReference(`${registry}/${name}`),
    client: (options: Partial<RegistryOptions> = {}): RegistryClient =>
      new RegistryClient({
        credentials: login,
        plainHttp: [host],
        ca: undefined,
        clock,
        timeoutMs: 5_000,
        ...options,
      }),
  };
}
