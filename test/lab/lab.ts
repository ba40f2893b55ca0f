import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { engineDown, engineUp, labName } from './engine.ts';
import { type Host, type HostOptions, type Login, makeLogin, startHost } from './host.ts';

/** One user's share of the lab: hosts with names of their own, a login, a private folder; all gone after close(). */
export interface Lab {
  readonly folder: string;
  readonly login: Login;
  host(name: string, options?: Partial<HostOptions>): Promise<Host>;
  close(): Promise<void>;
}

/** Brings the lab up where it is not, which says what it installs; several labs may be open at once. */
export async function openLab(): Promise<Lab> {
  await engineUp(process.pid);
  const folder = mkdtempSync(join(tmpdir(), `${labName}-`));
  const login = await makeLogin(folder);
  const hosts: Host[] = [];
  return {
    folder,
    login,
    host: async (name, options = {}) => {
      const host = await startHost(`${basename(folder).toLowerCase()}-${name}`, process.pid, {
        login,
        ...options,
      });
      hosts.push(host);
      return host;
    },
    close: async () => {
      await Promise.all(hosts.map((host) => host.stop()));
      rmSync(folder, { recursive: true, force: true });
      await engineDown(process.pid);
    },
  };
}
