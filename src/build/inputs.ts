import {
  choice,
  duration,
  flag,
  insideWorkspace,
  lines,
  optional,
  workspace,
} from '../kit/inputs.ts';
import * as core from '@actions/core';
import { UserError } from '../kit/errors.ts';
import { mask } from '../kit/mask.ts';
import type { Wishes } from './plan.ts';
import { isId, parseSecrets, type Secret } from './secrets.ts';
import { type ImageInputs, type ImageSettings, imageSettings } from './settings.ts';

/** What the action is given, checked. */
export interface BuildInputs extends Wishes {
  readonly workspace: string;
  readonly image: ImageSettings;
  readonly tags: readonly string[];
  readonly flavor: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly secrets: readonly Secret[];
  /** Id of the secret, and its file. */
  readonly secretFiles: Readonly<Record<string, string>>;
  readonly ssh: readonly string[];
  readonly cacheRef: string | undefined;
  readonly builder: string | undefined;
  readonly timeoutMs: number;
}

/** Reads the inputs; secrets are masked at once. @throws UserError for the first one that cannot be */
export function buildInputs(): BuildInputs {
  const secrets = parseSecrets(core.getInput('secrets'));
  for (const { value } of secrets) mask(value);
  const folder = workspace();
  const image = imageSettings(imageInputs(folder));
  return {
    workspace: folder,
    image,
    platforms: image.platforms,
    tags: lines('tags'),
    flavor: lines('flavor'),
    labels: named('labels'),
    secrets,
    secretFiles: secretFiles(folder),
    ssh: lines('ssh'),
    cache: choice('cache', ['registry', 'gha', 'local', 'none']),
    cacheRef: optional('cache-ref'),
    attestation: choice('attestation', ['none', 'github', 'buildkit']),
    sbom: optional('sbom') ?? 'false',
    push: flag('push', true),
    load: flag('load'),
    builder: optional('builder'),
    timeoutMs: duration('timeout', '30m'),
  };
}

function imageInputs(folder: string): ImageInputs {
  return {
    workspace: folder,
    config: optional('config') ?? 'slipway.yml',
    service: optional('service'),
    context: optional('context'),
    dockerfile: optional('dockerfile'),
    image: optional('image'),
    target: optional('target'),
    buildArgs: named('build-args'),
    platforms: lines('platforms')
      .flatMap((line) => line.split(/[\s,]+/))
      .filter((part) => part !== ''),
    maxSize: optional('max-size'),
    repository: process.env.GITHUB_REPOSITORY,
  };
}

/** Lines of `name=value`. @throws UserError `bad-pair` */
function named(input: string): Record<string, string> {
  return Object.fromEntries(
    lines(input).map((line) => {
      const at = line.indexOf('=');
      if (at > 0) return [line.slice(0, at).trim(), line.slice(at + 1)];
      throw new UserError({
        id: 'bad-pair',
        message: `A line of the input ${input} is not name=value.`,
        value: line,
        fix: 'Write one name=value a line.',
      });
    }),
  );
}

/** @throws UserError `bad-secret` or `path-outside-workspace` */
function secretFiles(folder: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(named('secret-files')).map(([id, path]) => {
      if (isId(id)) return [id, path.startsWith('/') ? path : insideWorkspace(path, folder)];
      throw new UserError({
        id: 'bad-secret',
        message: 'An entry of the input secret-files is not id=path.',
        value: id,
        fix: 'Write one id=path a line; the id is the name that the Dockerfile mounts.',
      });
    }),
  );
}
