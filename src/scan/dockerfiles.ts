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
  // Once for each service: reports ask for every finding.
  const places = new Map(
    Object.entries(services).map(([name, { context = '.', dockerfile }]) => {
      const path = dockerfile ?? join(context, 'Dockerfile');
      const text = attempt(() => readFileSync(insideWorkspace(path, workspace), 'utf8'));
      return [name, text === undefined ? undefined : { path, line: lastFrom(text) }] as const;
    }),
  );
  return ({ kind, target }) => (kind === 'image' ? places.get(target) : undefined);
}

/** Its number, from 1. */
function lastFrom(text: string): number {
  const last = text.split('\n').findLastIndex((line) => /^\s*FROM\s/i.test(line));
  return Math.max(last, 0) + 1;
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
