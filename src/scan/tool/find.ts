import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { satisfies } from 'semver';
import { fetchTool } from './fetch.ts';
import { type Program, PROGRAMS, type ToolName } from './pins.ts';
import type { Terms, Tool, ToolContext, ToolSettings } from './tool.ts';
import { versionOf } from './version.ts';

export type { ToolName } from './pins.ts';
export type { Tool, ToolSettings } from './tool.ts';

/** An attempt is enough for the largest archive at 500 KB a second. */
const PATIENCE = { askMs: 10_000, attemptMs: 120_000 };

/**
 * Finds a program: on PATH when its version fits, else the pinned one, which is kept in the runner's tool cache and in the repository's
 * cache, and held to its checksum wherever it comes from.
 * @throws UserError `tool-malicious`, `tool-unsupported`, `tool-unavailable`, `tool-corrupt` or `url-invalid` (the mirror)
 */
export function findTool(
  name: ToolName,
  settings: ToolSettings,
  context: ToolContext,
): Promise<Tool> {
  return find(PROGRAMS[name], { ...settings, ...PATIENCE }, context);
}

/** The same for any program. */
export async function find(program: Program, terms: Terms, context: ToolContext): Promise<Tool> {
  const tool =
    (await onPath(program, terms, context)) ?? (await fetchTool(program, terms, context));
  context.log.info(`${program.title} ${tool.version} (${tool.origin}): ${tool.path}`);
  return tool;
}

async function onPath(
  program: Program,
  { askMs }: Terms,
  { log, env, scratch }: ToolContext,
): Promise<Tool | undefined> {
  const { name, title, accepted } = program;
  const path = lookUp(name, env.PATH ?? '');
  if (path === undefined) return undefined;
  const said = await versionOf(path, program, scratch, askMs);
  if (said.version === undefined) {
    log.info(`${path} is not used: it ${said.why}.`);
    return undefined;
  }
  const { version } = said;
  if (satisfies(version, accepted)) return { name, path, version, origin: 'PATH' };
  log.info(`${path} is not used: it is ${title} ${version}, and ${accepted} is accepted.`);
  return undefined;
}

/** Where a program lies on PATH. A folder that is relative to where we are may be the pull request's: it does not count. */
function lookUp(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, name))
    .find(executable);
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
