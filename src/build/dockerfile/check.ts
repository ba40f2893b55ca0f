import { existsSync, readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { insideWorkspace } from '../../kit/inputs.ts';
import { ask } from '../docker.ts';
import type { CheckWarning } from '../progress.ts';
import type { Finding } from './rules.ts';

const hadolintSchema = z.array(
  z.looseObject({ line: z.int(), code: z.string(), message: z.string(), level: z.string() }),
);

/** What hadolint says, errors and warnings only; nothing where it is not installed. */
export async function hadolintFindings(file: string, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  try {
    const { stdout } = await ask('hadolint', ['--no-fail', '--format', 'json', file], env);
    return hadolintSchema
      .parse(JSON.parse(stdout))
      .filter(({ level }) => level === 'error' || level === 'warning')
      .map(({ line, code, message }) => ({ rule: code, message, line }));
  } catch {
    // It is not there, or does not know this Dockerfile; BuildKit will say so itself.
    return [];
  }
}

/** What hadolint says in its own words where we have said it. */
const SAID: Readonly<Record<string, string>> = {
  DL3002: 'root-user',
  DL3006: 'base-latest',
  DL3007: 'base-latest',
  DL3057: 'no-healthcheck',
};

/** All that was found, ours first, each thing once. */
export function allFindings(
  own: readonly Finding[],
  hadolint: readonly Finding[],
  buildkit: readonly CheckWarning[],
): Finding[] {
  const rules = new Set(own.map(({ rule }) => rule));
  return [
    ...own,
    ...buildkit.map(({ rule, text, line, url }) => ({
      rule,
      line,
      message: url === '' ? text : `${text} (${url})`,
    })),
    ...hadolint.filter(({ rule }) => !rules.has(SAID[rule] ?? '')),
  ];
}

/** Whether one of these Compose files gives the service a health check. What cannot be read gives none: this is for a warning only. */
export function hasComposeHealthCheck(
  files: readonly string[],
  service: string,
  workspace: string,
): boolean {
  return files.some((file) => {
    const path = insideWorkspace(file, workspace);
    if (!existsSync(path)) return false;
    const document = parseDocument(readFileSync(path, 'utf8'));
    const check = ['services', service, 'healthcheck'];
    return document.hasIn(check) && document.getIn([...check, 'disable']) !== true;
  });
}
