import { posix } from 'node:path';
import { UserError } from '../kit/errors.ts';
import type { TarEntry } from '../kit/tar.ts';
import type { EnvironmentSettings } from '../config/read.ts';
import { repositoryOf } from './compose.ts';
import type { HostState } from './host-state.ts';
import type { Model } from './model.ts';

/** A container of another Compose project that somebody started by hand. */
export interface Stranger {
  readonly project: string;
  readonly service: string;
  readonly image: string;
}

/**
 * How the project is called, unless it has a name on the host already (src/host/program/20-prepare.sh, `known_project`). Undefined
 * where the Compose files say `name:`, which Compose reads itself.
 */
export function projectName(
  sources: readonly TarEntry[],
  { app, environment, compose }: Pick<EnvironmentSettings, 'app' | 'environment' | 'compose'>,
): string | undefined {
  const files = new Set(compose.map((path) => posix.join('src', path)));
  const named = sources.some(
    ({ path, content }) => files.has(path) && /^name:/m.test(String(content)),
  );
  return named ? undefined : `${app}-${environment}`;
}

/**
 * Makes sure that a project is this environment's own: one ledger for each project, one project for each ledger, and no second one
 * beside one that runs by hand under another name.
 * @param root the folder of the environment on the host, absolute
 * @throws UserError `project-elsewhere`, `project-renamed`, `project-ambiguous`
 */
export function refuseOthersProject(
  model: Model,
  state: HostState,
  images: ReadonlyMap<string, string>,
  root: string,
  host: string,
): void {
  const { name } = model;
  const elsewhere = state.containers.find((one) => one.release !== '' && one.root !== '' && one.root !== root); // prettier-ignore
  if (elsewhere !== undefined) {
    throw new UserError({
      id: 'project-elsewhere',
      message: `${host}: the Compose project ${name} is released from another folder, which has its ledger; a second one would not know of the first.`,
      value: `${elsewhere.name}: ${elsewhere.root}, here: ${root}`,
      fix: `Log in as the same user as before, or say "path: ${elsewhere.root}" in slipway.yml. If it is another system, give it a name of its own: name: in the Compose file.`,
    });
  }
  if (state.project !== undefined && state.project !== name) {
    throw new UserError({
      id: 'project-renamed',
      message: `${host}: the Compose file names another project than the release that is served; volumes and networks would not come along.`,
      value: `${state.project} -> ${name}`,
      fix: `Write "name: ${state.project}" in the Compose file. To begin anew all the same, give the environment another "path:" in slipway.yml.`,
    });
  }
  if (state.current !== undefined || state.containers.length > 0) return;
  const [twin] = lookAlikes(model, state.strangers, images);
  if (twin === undefined) return;
  throw new UserError({
    id: 'project-ambiguous',
    message: `${host}: a Compose project with the same services runs there, started by hand. If it is this one, a second one would begin without its data.`,
    value: `${twin}: ${Object.keys(model.services).join(', ')}`,
    fix: `Say which it is in the Compose file. To take it over: "name: ${twin}". To start another one beside it: "name: ${name}".`,
  });
}

/** Projects that may well be this one: the same services, and no image that says otherwise. */
function lookAlikes(
  { name, services }: Model,
  strangers: readonly Stranger[],
  images: ReadonlyMap<string, string>,
): string[] {
  return [...new Set(strangers.map(({ project }) => project))].flatMap((project) => {
    const all = strangers.filter((one) => one.project === project);
    const theirs = new Set(all.map(({ service }) => service));
    const same = ({ service, image }: Stranger): boolean =>
      Object.hasOwn(services, service) &&
      (repositoryOf(image) === repositoryOf(images.get(service) ?? '') || isBuiltThere(image));
    return project !== name && theirs.size === Object.keys(services).length && all.every(same) ? [project] : []; // prettier-ignore
  });
}

/** An image that Compose built on the host, or that lost its name since, has no registry in its name: it says nothing of where it is from. */
function isBuiltThere(image: string): boolean {
  return !image.includes('/');
}
