import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../../../src/kit/clock.ts';
import { UserError } from '../../../src/kit/errors.ts';
import type { Log } from '../../../src/kit/log.ts';
import { tar } from '../../../src/kit/tar.ts';
import { environmentSettings, parseConfig } from '../../../src/config/read.ts';
import { activate, type Activation, type Prepared } from '../../../src/deploy/host-release.ts';
import { type Model, parseModel } from '../../../src/deploy/model.ts';
import { prepare, type Subject } from '../../../src/deploy/prepare.ts';
import { HostSession } from '../../../src/host/session.ts';
import { openAccess } from '../../../src/remote/connection.ts';
import { parseTarget } from '../../../src/remote/target.ts';
import { fakeCommit, recordOf } from '../../lab/build.ts';
import type { Host } from '../../lab/host.ts';
import type { Lab } from '../../lab/lab.ts';

/** A host, and our own code in one long conversation with it: a release takes a third of the time of a step. */
export interface Conversation {
  readonly host: Host;
  /** A repository that holds nothing but what a test puts into it. */
  readonly workspace: string;
  /** Prepares a release of these files of the repository; the refusal where there is one. */
  prepare(
    files: Readonly<Record<string, string>>,
    more?: Partial<Subject> & { readonly path?: string },
  ): Promise<Prepared | UserError>;
  activate(prepared: Prepared): Promise<Activation>;
  close(): Promise<void>;
}

/** What is told on the way is not what these tests are about. */
const quiet: Log = {
  info: () => undefined,
  foreign: () => undefined,
  notice: () => undefined,
  warning: () => undefined,
  error: () => undefined,
  group: (_title, work) => work(),
};
const context = { clock: systemClock, log: quiet };

export async function converse(lab: Lab, host: Host): Promise<Conversation> {
  const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
  const workspace = join(folder, 'workspace');
  mkdirSync(workspace);
  const target = parseTarget(host.target);
  const login = {
    key: lab.login.privateKey,
    knownHosts: host.knownHosts,
    jump: undefined,
    proxyCommand: undefined,
  };
  const access = await openAccess(folder, login, [target], systemClock);
  const session = new HostSession(target, access, systemClock, quiet);
  const settings = environmentSettings(
    parseConfig('{ app: hostile, compose: compose.yml, environments: { staging: {} } }', ''),
    'staging',
  );
  return {
    host,
    workspace,
    prepare: async (files, { path, ...more } = {}) => {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(workspace, name)), { recursive: true });
        writeFileSync(join(workspace, name), content);
      }
      const subject = {
        settings: { ...settings, path },
        record: recordOf('hostile', fakeCommit('v1'), {}),
        version: 'v1',
        env: '\n',
        secretFiles: new Map<string, Buffer>(),
        pullLogin: {},
        workspace,
        allowOlder: true,
        ...more,
      };
      try {
        return await prepare(subject, session, context);
      } catch (error) {
        if (error instanceof UserError) return error;
        throw error;
      }
    },
    activate: (prepared) =>
      activate(
        prepared,
        { healthTimeoutMs: 60_000, drainMs: 1_000, keep: 5, holdMs: 0, by: 'somebody' },
        context,
      ),
    close: async () => {
      await session.close();
      access.agent.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The Compose file that a release would leave on the host. */
export function composeFile({ entries }: Prepared): string {
  return String(entries.find(({ path }) => path === 'release/compose.json')?.content);
}

/** What the host's Compose makes of these files when it starts containers, each by itself. */
export async function readBack(host: Host, files: readonly string[]): Promise<Model[]> {
  const archive = await tar(
    files.map((content, at) => ({ path: `${at}.json`, content, mode: 0o600 })),
  );
  const said = await host.exec(
    `cd "$(mktemp -d)" && base64 -d | tar -x &&
    for at in $(seq 0 ${files.length - 1}); do
      env -i PATH="$PATH" HOME=/root docker compose -f $at.json config --format json || exit; echo; echo ----
    done`,
    archive.toString('base64'),
  ); // prettier-ignore
  return said.split('\n----').slice(0, files.length).map(parseModel);
}
