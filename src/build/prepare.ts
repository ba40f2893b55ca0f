import { readFileSync } from 'node:fs';
import { UserError } from '../kit/errors.ts';
import { type Builder, findBuilder } from './builder.ts';
import { hadolintFindings, hasComposeHealthCheck } from './dockerfile/check.ts';
import { readDockerfile } from './dockerfile/read.ts';
import { type Finding, ownFindings } from './dockerfile/rules.ts';
import { gitEvent } from './event.ts';
import type { BuildInputs } from './inputs.ts';
import { knownArguments, ociLabels } from './labels.ts';
import { refuseImpossible } from './plan.ts';
import { Git, gitEnvironment, type Revision } from '../detect/git.ts';
import type { Context } from './run.ts';
import { parseFlavor, parseRule } from './tags/rule.ts';
import { defaultRules, type Tags, tagsOf } from './tags/tags.ts';

/** What is known before the build begins. */
export interface Prepared {
  readonly revision: Revision;
  readonly builder: Builder;
  readonly tags: Tags;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** What our own rules and hadolint find in the Dockerfile. */
  readonly findings: { readonly own: readonly Finding[]; readonly hadolint: readonly Finding[] };
}

/**
 * Looks at everything that can be looked at without building.
 * @throws UserError `no-tags`, or what cannot be done with this checkout and this builder
 */
export async function prepare(inputs: BuildInputs, context: Context): Promise<Prepared> {
  const { env, log, clock } = context;
  const { image, workspace: folder } = inputs;
  const [revision, builder, hadolint] = await Promise.all([
    new Git({ folder, log, env: gitEnvironment(env, folder, undefined) }).revision(),
    findBuilder(inputs.builder, env),
    hadolintFindings(image.dockerfile, env),
  ]);
  refuseImpossible(inputs, builder);
  const event = gitEvent(env);
  const rules = (inputs.tags.length > 0 ? inputs.tags : defaultRules(event)).map(parseRule);
  const tags = tagsOf(rules, parseFlavor(inputs.flavor), {
    event,
    commit: revision.commit,
    commitTime: revision.epoch * 1000,
    now: clock.now(),
    warn: (text) => {
      log.warning(text);
    },
  });
  if (tags.names.length === 0 && (inputs.push || inputs.load)) throw noTags(event.name, event.ref);
  const dockerfile = readDockerfile(readFileSync(image.dockerfile, 'utf8'), image.buildArgs);
  const { service, compose } = image;
  const own = ownFindings(dockerfile, {
    target: image.target,
    healthCheckElsewhere: hasComposeHealthCheck(compose, service, inputs.workspace),
  });
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = env;
  const source = server && repository ? `${server}/${repository}` : undefined;
  const { version } = tags;
  return {
    revision,
    builder,
    tags,
    buildArgs: { ...knownArguments(dockerfile.declared, revision, version), ...image.buildArgs },
    labels: { ...ociLabels(revision, { title: service, version, source }), ...inputs.labels },
    findings: { own, hadolint },
  };
}

function noTags(name: string, ref: string): UserError {
  return new UserError({
    id: 'no-tags',
    message: 'No rule of the input tags gives a tag for this event.',
    value: `${name} ${ref}`,
    fix: 'Add a rule that holds for it, for example type=sha, or do not run this step for such events.',
  });
}
