import { readFileSync } from 'node:fs';
import { join } from 'node:path/posix';
import { readConfig } from '../config/read.ts';
import { insideWorkspace } from '../kit/inputs.ts';
import type { Locate } from './report/location.ts';

/**
 * Where the repository makes an image: the last FROM of the Dockerfile that slipway.yml gives the service. That is for reports only;
 * what cannot be read is not known.
 */
export function dockerfiles(workspace: string, config: string): Locate {
  const services = attempt(() => readConfig(config, workspace).services) ?? {};
  return ({ kind, target }) => {
    const own = Object.hasOwn(services, target) ? services[target] : undefined;
    if (kind !== 'image' || own === undefined) return undefined;
    const path = own.dockerfile ?? join(own.context ?? '.', 'Dockerfile');
    const text = attempt(() => readFileSync(insideWorkspace(path, workspace), 'utf8'));
    if (text === undefined) return undefined;
    const last = text.split('\n').findLastIndex((line) => /^\s*FROM\s/i.test(line));
    return { path, line: Math.max(last, 0) + 1 };
  };
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
