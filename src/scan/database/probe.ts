import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTrivy, type TrivyContext } from '../trivy/run.ts';
import { failure, shortened } from './failure.ts';
import type { Kind } from './kinds.ts';

/** Packages with vulnerabilities that will stay known: log4shell, and their like in other languages. */
const KNOWN = [
  'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1',
  'pkg:npm/lodash@4.17.20',
  'pkg:pypi/pyyaml@5.3',
];

/** A jar that says nothing of itself: whose it is, only the Java database knows, by the name of the file. */
const JAR = 'log4j-core-2.14.1.jar';
/** It takes a tenth of a second, or the reading of a few pages from a slow disk. */
const DEADLINE_MS = 60_000;

/** The shortest zip there is: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.16 */
const EMPTY_ZIP = Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(18)]);

/**
 * Asks Trivy for something that every database knows. An empty one gives no answer, and a damaged one ends Trivy: both would go
 * unnoticed by looking at the files, and the real one has a gigabyte of them.
 * @throws UserError `database-empty`, `database-corrupt` or `database-timeout`
 */
export async function probe(kind: Kind, value: string, context: TrivyContext): Promise<void> {
  const folder = join(context.scratch, `probe-${kind.name}`);
  mkdirSync(folder, { recursive: true });
  const question = kind.name === 'java' ? askJava(folder) : askVulnerabilities(folder);
  // The cache on disk is locked while a scan runs.
  const common = ['--skip-db-update', '--skip-java-db-update', '--cache-backend', 'memory'];
  const [command = '', ...rest] = question.args;
  const end = await runTrivy([command, ...common, ...rest], { deadlineMs: DEADLINE_MS }, context);
  if (end.timedOut)
    throw failure('database-timeout', kind, value, 'Trivy could not read it in time');
  if (end.code !== 0)
    throw failure('database-corrupt', kind, value, shortened(end.lines.slice(-1).join('')));
  if (!question.answered(end.stdout)) throw failure('database-empty', kind, value);
}

interface Ask {
  readonly args: readonly string[];
  readonly answered: (stdout: string) => boolean;
}

function askVulnerabilities(folder: string): Ask {
  const file = join(folder, 'known.cdx.json');
  const components = KNOWN.map((purl) => {
    const [, name = '', version = ''] = /([^/]+)@(.*)$/.exec(purl) ?? [];
    return { type: 'library', 'bom-ref': purl, name, version, purl };
  });
  const sbom = { bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, components };
  writeFileSync(file, JSON.stringify(sbom));
  return {
    args: ['sbom', '--format', 'json', '--scanners', 'vuln', file],
    answered: (stdout) => stdout.includes('"VulnerabilityID"'),
  };
}

function askJava(folder: string): Ask {
  writeFileSync(join(folder, JAR), EMPTY_ZIP);
  return {
    args: ['rootfs', '--format', 'cyclonedx', folder],
    answered: (stdout) => /pkg:maven\/[^"@]+\/log4j-core@2\.14\.1/.test(stdout),
  };
}
