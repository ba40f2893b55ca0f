import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { run } from '../../../src/kit/process.ts';
import { registry } from '../../lab/engine.ts';
import { checkout, plain } from './shipped.ts';

/** A user's repository: a small system, and the shipped workflows where the documentation says to copy them. */
export interface UserRepository {
  readonly folder: string;
  /** Changes a file. */
  edit(path: string, change: (text: string) => string): void;
  /** The commit that is checked out. */
  head(): Promise<string>;
  /** Commits everything; gives back the commit. */
  commit(message: string): Promise<string>;
}

export async function userRepository(
  folder: string,
  image: string,
  environments: Readonly<Record<string, { host: string; url: string; requires?: string }>>,
): Promise<UserRepository> {
  cpSync(join(checkout, 'test/fixtures/hello'), folder, { recursive: true });
  mkdirSync(join(folder, '.github'));
  cpSync(join(checkout, 'workflows'), join(folder, '.github/workflows'), { recursive: true });

  const git = async (...args: string[]): Promise<string> => {
    commits += 1;
    // Commits a minute apart: a release is as old as its commit, and these are made within seconds.
    const date = new Date(Date.now() - 3_600_000 + commits * 60_000).toISOString();
    const person = ['-c', 'user.name=ada', '-c', 'user.email=ada@example.com'];
    const env = { ...process.env, GIT_COMMITTER_DATE: date, GIT_AUTHOR_DATE: date };
    const { code, stdout, stderr } = await run('git', ['-C', folder, ...person, ...args], { env });
    if (code !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
    return stdout.trim();
  };
  let commits = 0;
  const repository: UserRepository = {
    folder,
    edit: (path, change) => {
      const file = join(folder, path);
      const text = readFileSync(file, 'utf8');
      const changed = change(text);
      if (changed === text) throw new Error(`nothing was changed in ${path}`);
      writeFileSync(file, changed);
    },
    commit: async (message) => {
      await git('add', '--all');
      await git('commit', '--quiet', '--message', message);
      return repository.head();
    },
    head: () => git('rev-parse', 'HEAD'),
  };
  repository.edit('.github/workflows/release.yml', plain);
  repository.edit('slipway.yml', (text) => {
    const document = parseDocument(text);
    document.set('environments', environments);
    document.setIn(['services', 'web', 'image'], image);
    return document.toString();
  });
  // Base images cannot be pulled in the lab.
  repository.edit('Dockerfile', (text) =>
    text.replace(/^ARG NODE_IMAGE=.*/m, `ARG NODE_IMAGE=${registry.address}/base/node:24`),
  );
  await git('init', '--quiet', '--initial-branch=main');
  await git('remote', 'add', 'origin', 'https://github.com/Acme/hello.git');
  return repository;
}
