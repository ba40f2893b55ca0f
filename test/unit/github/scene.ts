import { afterEach, beforeEach } from '@jest/globals';
import type { Log } from '../../../src/kit/log.ts';
import type { GitHubAccess } from '../../../src/github/connect.ts';
import type { ReleasePayload } from '../../../src/github/payload.ts';
import { GitHubServer, type Permissions } from '../../lab/github/server.ts';

export const commit = '1a2b3c4'.padEnd(40, '0');
export const payload: ReleasePayload = {
  slipway: 1,
  record: `sha256:${'a'.repeat(64)}`,
  release: '20261121T083500Z-1a2b3c4',
  version: 'v1.2.0',
  artifact: `ghcr.io/acme/chat/chat-release@sha256:${'b'.repeat(64)}`,
};

/** A log that only remembers. */
export function memory() {
  const lines: string[] = [];
  const take =
    (kind: string) =>
    (text: string): void => {
      lines.push(`${kind}: ${text}`);
    };
  const log: Log = {
    info: take('info'),
    foreign: (label, line) => lines.push(`${label} | ${line}`),
    notice: take('notice'),
    warning: take('warning'),
    error: take('error'),
    group: (_, work) => work(),
  };
  return { log, lines };
}

/** A GitHub for each test, with a token that may do everything unless it is said otherwise; it ends with what it was asked wrongly. */
export function scene() {
  let server: GitHubServer | undefined;
  const running = (): GitHubServer => {
    if (server === undefined) throw new Error('the server does not run');
    return server;
  };
  beforeEach(async () => {
    const all: Permissions = {
      ...{ deployments: 'write', actions: 'read' },
      ...{ contents: 'read', 'security-events': 'write' },
    };
    const reader: Permissions = { deployments: 'read' };
    server = await GitHubServer.start({ tokens: { all, reader, nothing: {} } });
  });
  afterEach(() => running().close());
  return {
    server: running,
    access: (token = 'all'): GitHubAccess => ({
      token,
      repository: 'acme/saas-chat',
      apiUrl: running().url,
      secondMs: 1,
    }),
  };
}
