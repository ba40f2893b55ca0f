import { existsSync } from 'node:fs';
import { readConfig, parseConfig } from '../config/read.ts';
import type { Slipway } from '../config/schema.ts';
import { messageOf, UserError } from '../kit/errors.ts';
import { insideWorkspace } from '../kit/inputs.ts';
import type { Log } from '../kit/log.ts';
import { plural } from '../kit/text.ts';
import { type Base, findBase } from './base.ts';
import { type Comparison, judge, type Verdict } from './changes.ts';
import type { Event } from './event.ts';
import type { Git } from './git.ts';
import { partsOf } from './parts.ts';
import type { Records } from './records.ts';
import { detectServices, type Service } from './services.ts';
import type { Tree } from './tree.ts';

/** What the action is given. */
export interface DetectInputs {
  readonly workspace: string;
  readonly config: string;
  readonly changedOnly: boolean;
  /** Only these services; all of them when it is empty. */
  readonly only: readonly string[];
  /** The commit to compare with, where the user knows better than the event. */
  readonly base: string | undefined;
  /** `owner/name` */
  readonly repository: string;
  readonly event: Event;
}

export interface DetectEffects {
  readonly git: Git;
  readonly log: Log;
  /** Where the records of these services are looked up. */
  readonly records: (config: Slipway | undefined, services: readonly Service[]) => Records;
}

export interface Detection {
  /** One for each service, sorted by name. */
  readonly verdicts: readonly Verdict[];
  /** The commit that was compared with. */
  readonly base: string | undefined;
}

const USUAL_CONFIG = 'slipway.yml';

/**
 * Finds the services of the commit that is checked out and, with `changedOnly`, which of them need no build.
 * @throws UserError what {@link detectServices} and {@link findBase} throw; `service-unknown`
 */
export async function detect(inputs: DetectInputs, effects: DetectEffects): Promise<Detection> {
  const { git } = effects;
  const head = await git.head();
  const tree = await git.tree(head);
  const config = ownConfig(inputs);
  const services = await detectServices(tree, {
    config,
    configFile: inputs.config,
    repository: inputs.repository,
  });
  const wanted = choose(services, inputs.only);
  if (!inputs.changedOnly) return { verdicts: buildAll(wanted, 'all are built'), base: undefined };

  const records = effects.records(config, services);
  const base = await findBase({
    git,
    log: effects.log,
    records,
    event: inputs.event,
    head,
    named: inputs.base,
  });
  if (base === undefined) {
    const reason = 'no record of an earlier build was found';
    return { verdicts: buildAll(wanted, reason), base: undefined };
  }
  const comparison = await compare(base, { head, tree, services }, inputs, effects);
  const verdicts = await Promise.all(
    judge(wanted, comparison).map((verdict) => unlessGone(verdict, records)),
  );
  return { verdicts, base: base.commit };
}

/** A registry may have been tidied up since: then the image is built again. */
async function unlessGone(verdict: Verdict, records: Records): Promise<Verdict> {
  const { service, recorded } = verdict;
  return recorded === undefined || (await records.has(recorded.image))
    ? verdict
    : { service, recorded: undefined, reason: 'its image is no longer in the registry' };
}

function buildAll(services: readonly Service[], reason: string): Verdict[] {
  return services.map((service) => ({ service, recorded: undefined, reason }));
}

interface Now {
  readonly head: string;
  readonly tree: Tree;
  readonly services: readonly Service[];
}

async function compare(
  { commit, record }: Base,
  { head, tree, services }: Now,
  inputs: DetectInputs,
  { git, log }: DetectEffects,
): Promise<Comparison> {
  const files = await git.changedFiles(commit, head);
  log.info(`Compared with ${commit.slice(0, 7)}: ${plural(files.length, 'file')} changed`);
  const parts = await partsOf(tree, services);
  return { record, files, parts, before: await servicesAt(commit, inputs, git, log) };
}

/** The services as another commit describes them; nothing when that cannot be read. */
async function servicesAt(
  commit: string,
  { config, repository }: DetectInputs,
  git: Git,
  log: Log,
): Promise<Service[] | undefined> {
  const tree = await git.tree(commit);
  try {
    const text = await tree.text(config);
    return await detectServices(tree, {
      config: text === undefined ? undefined : parseConfig(text, config),
      configFile: config,
      repository,
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    log.info(`The services of ${commit.slice(0, 7)} cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}

/** slipway.yml, which may be missing unless somebody named it. */
function ownConfig({ config, workspace }: DetectInputs): Slipway | undefined {
  const missing = config === USUAL_CONFIG && !existsSync(insideWorkspace(config, workspace));
  return missing ? undefined : readConfig(config, workspace);
}

function choose(services: readonly Service[], only: readonly string[]): readonly Service[] {
  const unknown = only.find((name) => !services.some((service) => service.name === name));
  if (unknown === undefined)
    return only.length === 0 ? services : services.filter(({ name }) => only.includes(name));
  throw new UserError({
    id: 'service-unknown',
    message: 'The repository has no such service.',
    value: unknown,
    fix: `Choose from: ${services.map(({ name }) => name).join(', ')}.`,
  });
}
