import * as core from '@actions/core';
import { existsSync, readFileSync } from 'node:fs';
import { UserError } from '../kit/errors.ts';
import { maskForms } from '../kit/forms.ts';
import { insideWorkspace } from '../kit/inputs.ts';
import type { Log } from '../kit/log.ts';
import { type DotenvEntry, parseDotenv } from '../config/dotenv.ts';
import { compareWith, type EnvTemplate, parseTemplate } from '../config/env-template.ts';

/** The environment of a release. */
export interface Environment {
  /** dotenv text; it becomes the `.env` that Compose reads. */
  readonly text: string;
  readonly entries: readonly DotenvEntry[];
  readonly template: EnvTemplate | undefined;
}

/** The host program runs Compose with no variables but these (20-prepare.sh), and there they win over the text's own. */
const OF_HOST = ['PATH', 'HOME'];

/**
 * Reads the input `env`. Its values are secrets until somebody says otherwise, and are masked before anything can show them; those
 * that the template has as well are in the repository for all to read.
 * @param templateFile path of the template in the workspace
 * @throws UserError `env-invalid`, `env-template-missing`, `path-outside-workspace`
 */
export function readEnvironment(templateFile: string | undefined, workspace: string): Environment {
  const template = templateFile === undefined ? undefined : readTemplate(templateFile, workspace);
  const given = core.getInput('env').replaceAll('\r\n', '\n');
  const text = `${given}\n`;
  let entries: DotenvEntry[];
  try {
    // What these are on the host is not known here: they stay as they are written.
    entries = parseDotenv(text, 'the input env', (name) =>
      OF_HOST.includes(name) ? `\${${name}}` : undefined,
    );
  } catch (error) {
    maskForms(roughSecrets(text));
    throw error;
  }
  maskForms(entries.flatMap((entry) => secretsOf(entry, template)));
  const unset = entries.find((entry) => entry.unset);
  if (unset) {
    throw new UserError({
      id: 'env-invalid',
      message: `Line ${unset.line} of the input env refers to a variable that is not set in the lines above it.`,
      value: `line ${unset.line}`,
      fix: "If the $ belongs to the value, write the value in single quotes: NAME='value'. If it is meant, set that variable first, or give it a default: ${OTHER:-}",
    });
  }
  return { text, entries, template };
}

/**
 * Compares the environment with its template, and tells what has no effect.
 * @throws UserError `env-incomplete`
 */
export function checkEnvironment({ entries, template }: Environment, log: Log): void {
  const alone = entries.filter(({ value }) => value === undefined);
  if (alone.length > 0) {
    log.warning(
      `${linesOf(alone)} of the input env: a name without a value, which sets nothing. A value of several lines stands in quotes.`,
    );
  }
  const shadowed = entries.filter(({ name }) => OF_HOST.includes(name));
  if (shadowed.length > 0) {
    log.warning(
      `${linesOf(shadowed)} of the input env: Compose takes ${OF_HOST.join(' and ')} from the host, whatever the release says.`,
    );
  }
  if (template === undefined) return;
  const { unknown, error } = compareWith(template, entries);
  const names = unknown.map(({ name, line, meant }) =>
    meant === undefined ? `${name} (line ${line})` : `${name} (line ${line}; ${meant}?)`,
  );
  if (names.length > 0)
    log.notice(`The input env has names that ${template.file} lacks: ${names.join(', ')}`);
  if (error) throw error;
}

function linesOf(entries: readonly DotenvEntry[]): string {
  return `Line ${entries.map(({ line }) => line).join(', ')}`;
}

function readTemplate(file: string, workspace: string): EnvTemplate {
  const path = insideWorkspace(file, workspace);
  if (existsSync(path)) return parseTemplate(readFileSync(path, 'utf8'), file);
  throw new UserError({
    id: 'env-template-missing',
    message: 'The template of the environment does not exist.',
    value: file,
    fix: 'Name a file of the repository as env-template, and check the repository out before this step.',
  });
}

/** What is secret of an entry: its value, as it is and as it was written. */
function secretsOf(
  { name, value, written }: DotenvEntry,
  template: EnvTemplate | undefined,
): string[] {
  // A name alone on its line is likely to be the rest of a secret that lacks its quotes.
  if (value === undefined) return /^[A-Z][A-Z0-9_]*$/.test(name) ? [] : [name];
  if (value === template?.names.get(name)?.value) return [];
  return [value, written, ...value.split(/\$\{(?:PATH|HOME)\}/)];
}

/** The same of a text that is no dotenv: every line, and what stands behind its first sign. */
function roughSecrets(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const value = line.replace(/^[^=:]*[=:]/, '').trim();
    return [line, value, value.replace(/^(['"])(.*)\1$/, '$2')];
  });
}
