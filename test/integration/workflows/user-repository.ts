import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { run } from '../../../src/kit/process.ts';
import { checkout } from './shipped.ts';

/** A user's repository: a small system, its build script, and the shipped workflows where the documentation says to copy them. */
export interface UserRepository {
  readonly folder: string;
  /** Changes a file. */
  edit(path: string, change: (text: string) => string): void;
  /** Commits everything; gives back the commit. */
  commit(message: string): Promise<string>;
}

export async function userRepository(
  folder: string,
  environments: Readonly<Record<string, { host: string; url: string }>>,
): Promise<UserRepository> {
  cpSync(join(checkout, 'test/fixtures/hello'), folder, { recursive: true });
  mkdirSync(join(folder, '.github'));
  cpSync(join(checkout, 'workflows'), join(folder, '.github/workflows'), { recursive: true });
  cpSync(join(checkout, 'examples/saas-chat/build-release.sh'), join(folder, 'build-release.sh'));

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
      return git('rev-parse', 'HEAD');
    },
  };
  // What the documentation tells a user to change in the script.
  repository.edit('build-release.sh', (text) =>
    text
      .replace(/^app=.*/m, 'app=hello')
      .replace(/^dockerfiles='[^']*'/m, "dockerfiles='web=Dockerfile'"),
  );
  repository.edit('slipway.yml', (text) => {
    const document = parseDocument(text);
    document.set('environments', environments);
    return document.toString();
  });
  // Base images cannot be pulled in the lab.
  repository.edit('Dockerfile', (text) =>
    text.replace(/^ARG NODE_IMAGE=.*/m, 'ARG NODE_IMAGE=slipway-lab/node:24'),
  );
  await git('init', '--quiet', '--initial-branch=main');
  await git('remote', 'add', 'origin', 'https://github.com/Acme/hello.git');
  return repository;
}
