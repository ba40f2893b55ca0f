import * as core from '@actions/core';
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { parseDuration } from './duration.ts';
import { UserError } from './errors.ts';
import { mask } from './mask.ts';

/** The text of an input, trimmed; `undefined` when it is empty or not given. */
export function optional(name: string): string | undefined {
  const text = core.getInput(name);
  return text === '' ? undefined : text;
}

/**
 * The text of an input that must be given: the runner itself does not enforce `required: true`.
 * @throws UserError `input-required`
 */
export function required(name: string): string {
  const text = optional(name);
  if (text === undefined) {
    throw new UserError({
      id: 'input-required',
      message: `The input ${name} is required.`,
      value: name,
      fix: `Add "${name}: ..." under "with:". If it comes from a secret, check that the secret exists for this environment.`,
    });
  }
  return text;
}

/** A secret input, masked before anybody can print it; line ends are normalised and it ends with one, as keys must. */
export function secret(name: string): string | undefined {
  const text = optional(name);
  if (text === undefined) return undefined;
  mask(text);
  return `${text.replaceAll('\r\n', '\n')}\n`;
}

/** The non-empty lines of an input, trimmed. */
export function lines(name: string): string[] {
  return core.getMultilineInput(name).filter((line) => line !== '');
}

/**
 * A strict YAML 1.2 boolean.
 * @throws UserError `bad-boolean`
 */
export function flag(name: string, fallback = false): boolean {
  const text = optional(name);
  if (text === undefined) return fallback;
  try {
    return core.getBooleanInput(name);
  } catch {
    throw new UserError({
      id: 'bad-boolean',
      message: `The input ${name} is not a boolean.`,
      value: text,
      fix: 'Write true or false.',
    });
  }
}

/** A duration such as `30s` in milliseconds. */
export function duration(name: string, fallback: string): number {
  return parseDuration(optional(name) ?? fallback, `The input ${name}`);
}

/**
 * A whole number within bounds.
 * @throws UserError `bad-number`
 */
export function integer(name: string, fallback: number, min: number, max: number): number {
  const text = optional(name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new UserError({
      id: 'bad-number',
      message: `The input ${name} is not a whole number from ${min} to ${max}.`,
      value: text,
      fix: `Write a number from ${min} to ${max}.`,
    });
  }
  return value;
}

/**
 * One of several words; the first is the default.
 * @throws UserError `bad-choice`
 */
export function choice<const T extends string>(name: string, allowed: readonly [T, ...T[]]): T {
  const text = optional(name) ?? allowed[0];
  const found = allowed.find((word) => word === text);
  if (found !== undefined) return found;
  throw new UserError({
    id: 'bad-choice',
    message: `The input ${name} has no such value.`,
    value: text,
    fix: `Use one of: ${allowed.join(', ')}.`,
  });
}

/** The folder that the repository is checked out to. */
export function workspace(): string {
  return (process.env.GITHUB_WORKSPACE ?? '') || process.cwd();
}

/**
 * A path of the workspace, absolute; links are followed before it is judged.
 * @throws UserError `path-outside-workspace`
 */
export function insideWorkspace(path: string, folder: string): string {
  const root = realpathSync(folder);
  const real = realPath(resolve(root, path));
  if (real !== root && !real.startsWith(root + sep)) {
    throw new UserError({
      id: 'path-outside-workspace',
      message: 'A path leads out of the workspace.',
      value: path,
      fix: 'Give a path below the repository that was checked out.',
    });
  }
  return real;
}

/** Where a path leads; of what does not exist, its folder does. */
function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : join(realPath(dirname(path)), basename(path));
}

/** What programs that a step starts may see: our own inputs hold secrets, and are none of their business. */
export function withoutInputs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('INPUT_')));
}
