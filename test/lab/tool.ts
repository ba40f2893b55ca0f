import { fileURLToPath } from 'node:url';
import { sh } from './engine.ts';

const installer = fileURLToPath(new URL('../../scripts/tool.sh', import.meta.url));

/** The path of a program of tools/: the one on PATH, or the one that is pinned there, which is installed when it is asked for first. */
export function toolPath(name: string): Promise<string> {
  return sh('sh', [installer, name]);
}
