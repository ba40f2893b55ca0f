import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { detectServices, type Service } from '../../../src/detect/services.ts';
import { Git, gitEnvironment } from '../../../src/detect/git.ts';
import { parseConfig } from '../../../src/config/read.ts';
import type { Log } from '../../../src/kit/log.ts';
import { run } from '../../../src/kit/process.ts';
import { folderWith } from '../kit/support.ts';

/** Files by path; `null` removes one, `-> x` makes a link to x. */
export type Files = Readonly<Record<string, string | null>>;

/** A real git repository that a test fills. */
export class Repository {
  readonly folder: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(folder = folderWith()) {
    this.folder = folder;
    const person = { NAME: 'ada', EMAIL: 'ada@example.com', DATE: '2026-01-01T00:00:00Z' };
    const roles = ['AUTHOR', 'COMMITTER'].flatMap((role) =>
      Object.entries(person).map(([key, value]) => [`GIT_${role}_${key}`, value]),
    );
    this.#env = {
      ...process.env,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
      ...(Object.fromEntries(roles) as Record<string, string>),
    };
  }

  static async with(files: Files, folder?: string): Promise<Repository> {
    const repository = new Repository(folder);
    await repository.git('init', '--quiet', '--initial-branch=main');
    await repository.commit(files);
    return repository;
  }

  /** A checkout of this repository, as actions/checkout makes one. */
  async clone(depth: number | undefined, ref = 'main'): Promise<Repository> {
    const copy = new Repository();
    const cut = depth === undefined ? [] : [`--depth=${depth}`];
    await copy.git('init', '--quiet');
    await copy.git('remote', 'add', 'origin', `file://${this.folder}`);
    await copy.git('fetch', '--quiet', ...cut, 'origin', ref);
    await copy.git('checkout', '--quiet', '--detach', 'FETCH_HEAD');
    return copy;
  }

  /** Runs git here, as whoever tests would. */
  async git(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await run('git', args, { cwd: this.folder, env: this.#env });
    if (code !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
    return stdout.trim();
  }

  /** Writes the files and commits them; gives back the commit. */
  async commit(files: Files): Promise<string> {
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.folder, name);
      rmSync(path, { force: true });
      if (content === null) continue;
      mkdirSync(dirname(path), { recursive: true });
      if (content.startsWith('-> ')) symlinkSync(content.slice(3), path);
      else writeFileSync(path, content);
    }
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--allow-empty', '--message', 'a change');
    return this.git('rev-parse', 'HEAD');
  }

  /** What the action reads it with. */
  reader(log: Log = silent()): Git {
    return new Git({
      folder: this.folder,
      log,
      env: gitEnvironment(this.#env, this.folder, undefined),
    });
  }

  /** What is found in the commit that is checked out. */
  async services(config?: string): Promise<Service[]> {
    const git = this.reader();
    return detectServices(await git.tree(await git.head()), {
      config: config === undefined ? undefined : parseConfig(config, 'slipway.yml'),
      configFile: 'slipway.yml',
      repository: 'Acme/Shop',
    });
  }
}

/** A log that remembers. */
export function silent(lines: string[] = []): Log {
  const keep = (text: string): void => void lines.push(text);
  return {
    info: keep,
    foreign: (label, line) => void lines.push(`${label} | ${line}`),
    notice: keep,
    warning: (text) => void lines.push(`warning: ${text}`),
    error: keep,
    group: (_, work) => work(),
  };
}

/** A monorepo of six services, each in a language or a manner of its own, all with one shared folder. */
export const SIX: Files = {
  'package.json': JSON.stringify({
    private: true,
    workspaces: ['packages/*', 'services/*'],
    engines: { node: '>=24' },
    packageManager: 'pnpm@10.1.0',
  }),
  'pnpm-lock.yaml': 'lockfileVersion: 9\n',
  'README.md': '# Shop\n',
  '.dockerignore': '**/node_modules\n**/test\n',
  'packages/kit/package.json': '{"name":"@shop/kit"}',
  'packages/kit/index.js': 'export const kit = 1;\n',
  // Built from the root, taking what it needs.
  'services/web/Dockerfile':
    'FROM node:24-slim\nCOPY package.json pnpm-lock.yaml ./\nCOPY packages/kit packages/kit\nCOPY services/web services/web\n',
  'services/web/package.json':
    '{"name":"@shop/web","dependencies":{"@shop/kit":"workspace:*","hono":"4"}}',
  'services/web/src/main.js': 'import "@shop/kit";\n',
  'services/web/test/main.test.js': '\n',
  // Built from its own folder; the shared package comes in as something that was built before.
  'services/mail/Dockerfile': 'FROM node:24-slim\nCOPY . .\n',
  'services/mail/package.json': '{"name":"@shop/mail","dependencies":{"@shop/kit":"workspace:*"}}',
  'services/mail/.nvmrc': 'v22.11.0\n',
  'services/mail/main.js': '\n',
  'services/search/Dockerfile':
    'FROM golang:1.24 AS build\nCOPY . .\nFROM scratch\nCOPY --from=build /app /app\n',
  'services/search/go.mod':
    'module example.com/shop/search\n\ngo 1.24.0\n\ntoolchain go1.24.3\n\nreplace example.com/shop/proto => ../../libs/proto\n',
  'services/search/main.go': 'package main\n',
  'libs/proto/go.mod': 'module example.com/shop/proto\n',
  'libs/proto/proto.go': 'package proto\n',
  'services/prices/Dockerfile': 'FROM python:3.13-slim\nCOPY . .\n',
  'services/prices/pyproject.toml':
    '[project]\nname = "prices"\nrequires-python = ">=3.13"\ndependencies = ["shop_common"]\n',
  'services/prices/uv.lock': 'version = 1\n',
  'services/prices/main.py': '\n',
  'libs/common/pyproject.toml': '[project]\nname = "shop-common"\n',
  'libs/common/common.py': '\n',
  'services/reports/Dockerfile': 'FROM python:3.12\nCOPY . .\n',
  'services/reports/requirements.txt': 'flask==3\n-e ../../libs/common\n',
  'services/reports/main.py': '\n',
  'services/proxy/Dockerfile': 'FROM nginx:1.29\nCOPY nginx.conf /etc/nginx/\n',
  'services/proxy/nginx.conf': 'events {}\n',
};
