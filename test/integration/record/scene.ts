import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../../../src/kit/clock.ts';
import { RegistryClient } from '../../../src/registry/client.ts';
import {
  formatReference,
  parseReference,
  type Reference,
} from '../../../src/registry/reference.ts';
import { registry, sh } from '../../lab/engine.ts';
import { GitHubServer } from '../../lab/github/server.ts';
import { runStep, type StepResult } from '../../runner/runner.ts';

const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
export const repository = 'acme/saas-chat';

/** A repository with two services and one commit, a place of its own in the lab's registry, and a GitHub. */
export interface Scene {
  readonly workspace: string;
  readonly commit: string;
  /** `10.213.1.2:5000/<something>/saas-chat` */
  readonly prefix: string;
  readonly github: GitHubServer;
  readonly client: RegistryClient;
  /** Makes another commit and gives back its hash. */
  commitAgain(): Promise<string>;
  /** Pushes a small image of a service; the same text and platform give the same digest. */
  push(service: string, text: string, architecture?: string): Promise<string>;
  /** Writes the file that build-image leaves. */
  leg(service: string, image: string, more?: object): void;
  write(file: string, text: string): void;
  read(file: string): string;
  /** Runs the shipped action. */
  run(
    inputs?: Readonly<Record<string, string>>,
    env?: Readonly<Record<string, string>>,
    onLine?: (line: string) => void,
  ): Promise<StepResult>;
  at(rest: string): Reference;
  close(): Promise<void>;
}

export async function openScene(): Promise<Scene> {
  const workspace = mkdtempSync(join(tmpdir(), 'record-'));
  const name = `record-${randomBytes(4).toString('hex')}`;
  const prefix = `${registry.address}/${name}/saas-chat`;
  const ca = readFileSync(registry.authority, 'utf8');
  const { username, password } = registry;
  const github = await GitHubServer.start({
    tokens: { job: { deployments: 'write', actions: 'read' }, nothing: {} },
    repository,
  });
  const client = new RegistryClient({
    credentials: () => Promise.resolve({ username, password }),
    plainHttp: [],
    ca,
    clock: systemClock,
  });
  const at = (rest: string): Reference => parseReference(`${prefix}/${rest}`);
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(workspace, file)), { recursive: true });
    writeFileSync(join(workspace, file), text);
  };
  write(
    'slipway.yml',
    `app: saas-chat
services:
  auth: { context: auth, image: ${prefix}/auth }
  chat: { context: chat, image: ${prefix}/chat }
environments:
  staging: {}
  production: { requires: staging }
`,
  );
  const git = (...args: string[]): Promise<string> =>
    sh('git', ['-C', workspace, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args]);
  await git('init', '-q', '-b', 'main');
  await git('add', '-A');
  await git('commit', '-q', '-m', name);
  const commit = await git('rev-parse', 'HEAD');

  return {
    ...{ workspace, commit, prefix, github, client, at, write },
    read: (file) => readFileSync(join(workspace, file), 'utf8'),
    commitAgain: async () => {
      await git('commit', '-q', '--allow-empty', '-m', 'another');
      return git('rev-parse', 'HEAD');
    },
    push: async (service, text, architecture = 'amd64') => {
      const place = at(service);
      const config = await client.putBlob(
        place,
        Buffer.from(JSON.stringify({ os: 'linux', architecture, text })),
      );
      const manifest = { schemaVersion: 2, mediaType: IMAGE, config, layers: [] };
      const bytes = Buffer.from(JSON.stringify(manifest));
      const { digest } = await client.putManifest({ ...place, tag: text }, bytes, IMAGE);
      return formatReference({ ...place, digest });
    },
    leg: (service, image, more = {}) => {
      const facts = { schema: 1, service, image, revision: commit, platforms: ['linux/amd64'] };
      write(`slipway/${service}.json`, JSON.stringify({ ...facts, ...more }));
    },
    run: (inputs = {}, env = {}, onLine) =>
      runStep({
        action: 'actions/release-record',
        workspace,
        inputs: {
          'registry-username': username,
          'registry-password': password,
          'registry-ca': ca,
          token: 'job',
          ...inputs,
        },
        env: {
          GITHUB_API_URL: github.url,
          GITHUB_SERVER_URL: 'https://github.com',
          GITHUB_REPOSITORY: repository,
          GITHUB_RUN_ID: '7',
          GITHUB_REF: 'refs/heads/main',
          ...env,
        },
        ...(onLine && { onLine }),
      }),
    close: async () => {
      rmSync(workspace, { recursive: true, force: true });
      await github.close();
    },
  };
}

/** What a step says when it refuses. */
export function refusal({ exitCode, outputs, log }: StepResult): string {
  const id = /\[([a-z-]+)\]/.exec(log)?.[1] ?? 'none';
  return `${exitCode ?? ''} ${outputs.outcome ?? ''} ${id}`;
}
