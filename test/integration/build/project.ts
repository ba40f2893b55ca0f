import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Builder } from '../../lab/builder.ts';
import { docker, registry, sh } from '../../lab/engine.ts';
import type { Lab } from '../../lab/lab.ts';
import { runStep, type StepOptions, type StepResult } from '../../runner/runner.ts';

export const NODE = `${registry.address}/base/node:24`;

/** How the lab's registry is spoken to, by inputs alone. */
const labRegistry = {
  'registry-username': registry.username,
  'registry-password': registry.password,
  'registry-ca': readFileSync(registry.authority, 'utf8'),
};

/** A user's checkout with one commit. */
export interface Project {
  readonly folder: string;
  /** A repository of its own in the lab's registry. */
  readonly image: string;
  readonly commit: string;
}

/** Makes a checkout with these files; its commit always has the same time. */
export async function project(
  lab: Lab,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<Project> {
  const folder = mkdtempSync(join(lab.folder, 'project-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const env = {
    ...process.env,
    GIT_AUTHOR_DATE: '2026-01-02T03:04:05Z',
    GIT_COMMITTER_DATE: '2026-01-02T03:04:05Z',
  };
  const git = (...args: string[]): Promise<string> =>
    sh('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      env,
    });
  await git('init', '-q', '-b', 'main');
  await git('add', '-A');
  await git('commit', '-q', '-m', 'first');
  const name = folder.slice(-6).toLowerCase();
  return {
    folder,
    image: `${registry.address}/test/${name}`,
    commit: await git('rev-parse', 'HEAD'),
  };
}

/** The same checkout in another place, as on another runner. */
export function copyOf(original: Project, lab: Lab): Project {
  const folder = mkdtempSync(join(lab.folder, 'copy-'));
  cpSync(original.folder, folder, { recursive: true });
  return { ...original, folder };
}

export interface BuildStep extends Partial<Omit<StepOptions, 'action' | 'inputs'>> {
  readonly builder: Builder | undefined;
  readonly ref?: string;
}

/** build-image as a step of a workflow; without a builder by the lab's own engine, which has the classic image store. */
export function buildStep(
  { folder, image }: Project,
  inputs: Readonly<Record<string, string>>,
  { builder, ref = 'refs/heads/main', env = {}, ...more }: BuildStep,
): Promise<StepResult> {
  return runStep({
    ...more,
    action: 'actions/build-image',
    workspace: folder,
    inputs: { image, ...labRegistry, ...inputs },
    env: {
      GITHUB_EVENT_NAME: 'push',
      GITHUB_REF: ref,
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_SERVER_URL: 'https://github.com',
      ...(builder?.env ?? {}),
      ...env,
    },
  });
}

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly size: number }[];
  readonly manifests?: readonly {
    readonly digest: string;
    readonly platform: { readonly os: string; readonly architecture: string };
  }[];
}

/** What the registry has under a tag or digest; undefined when nothing. */
export async function inRegistry(
  project: Project,
  reference: string,
): Promise<{ digest: string; json: Manifest } | undefined> {
  const answer = await ask(project, `manifests/${reference}`);
  if (answer === undefined) return undefined;
  return { digest: answer.digest, json: JSON.parse(answer.body) as Manifest };
}

/** A blob of the image, as JSON. */
export async function blobOf(project: Project, digest: string): Promise<unknown> {
  return JSON.parse((await ask(project, `blobs/${digest}`))?.body ?? '') as unknown;
}

async function ask(
  { image }: Project,
  path: string,
): Promise<{ body: string; digest: string } | undefined> {
  const repository = image.slice(image.indexOf('/') + 1);
  const types = ['index.v1', 'manifest.v1'].map((kind) => `application/vnd.oci.image.${kind}+json`);
  types.push('application/vnd.docker.distribution.manifest.v2+json');
  const text = await sh('curl', [
    ...['-s', '--cacert', registry.authority, '-u', `${registry.username}:${registry.password}`],
    ...types.flatMap((type) => ['-H', `Accept: ${type}`]),
    ...['-D', '-', `https://${registry.address}/v2/${repository}/${path}`],
  ]);
  const [head = '', ...rest] = text.split('\r\n\r\n');
  if (!/^HTTP\/\S+ 200/.test(head)) return undefined;
  const digest = /^docker-content-digest: (.*)$/im.exec(head)?.[1] ?? '';
  return { digest: digest.trim(), body: rest.join('\r\n\r\n') };
}

/** Runs an image of the lab's registry on the lab's engine and gives back what it says. */
export async function say(reference: string, ...args: string[]): Promise<string> {
  return docker('run', '--rm', reference, ...args);
}
