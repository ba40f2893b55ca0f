import { existsSync, readFileSync } from 'node:fs';
import { environmentSettings, parseConfig } from '../config/read.ts';
import type { ScanSettings } from '../config/schema.ts';
import type { Event } from '../detect/event.ts';
import { insideWorkspace } from '../kit/inputs.ts';
import type { Log } from '../kit/log.ts';
import type { ScanInputs } from './inputs.ts';
import { gateSettings } from './limits.ts';
import type { GateSettings } from './policy/gate.ts';
import { type Ignores, parseIgnores } from './policy/ignore.ts';

/** What is held against the findings. */
export interface Rules {
  readonly gate: GateSettings;
  readonly ignores: Ignores;
}

/** Reads a file of the repository as it is at another commit; undefined where it is not. */
export type FileAt = (path: string, commit: string) => Promise<string | undefined>;

/**
 * The limits of slipway.yml and the ignore file. A change that is not merged yet is judged by those of the branch it goes into, since
 * it could silence its own scan with others.
 * @param now milliseconds since the epoch
 * @throws UserError for a file that cannot be read
 */
export async function readRules(
  inputs: Pick<ScanInputs, 'workspace' | 'config' | 'environment' | 'limits' | 'ignoreFile'>,
  event: Event,
  { fileAt, log, now }: { readonly fileAt: FileAt; readonly log: Log; readonly now: number },
): Promise<Rules> {
  const { workspace, config, environment, limits, ignoreFile } = inputs;
  const read = async (file: string): Promise<string | undefined> => {
    if (event.kind === 'merge') return fileAt(file, event.onto);
    const path = insideWorkspace(file, workspace);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  };
  if (event.kind === 'merge')
    log.info(`${config} and ${ignoreFile} are those of the base, ${event.onto.slice(0, 7)}`);
  const [settings, ignores] = await Promise.all([read(config), read(ignoreFile)]);
  return {
    gate: gateSettings({ ...own(settings, config, environment), ...limits }),
    ignores: ignores === undefined ? [] : parseIgnores(ignores, ignoreFile, now),
  };
}

function own(
  text: string | undefined,
  file: string,
  environment: string | undefined,
): ScanSettings {
  if (text === undefined) return {};
  const config = parseConfig(text, file);
  return environment === undefined ? config.scan : environmentSettings(config, environment).scan;
}
