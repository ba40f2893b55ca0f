import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { buildImage, fakeCommit } from '../../../lab/build.ts';
import { registry } from '../../../lab/engine.ts';
import type { Lab } from '../../../lab/lab.ts';
import { toolPath } from '../../../lab/tool.ts';
import { carry, javaDatabase, vulnerabilityDatabase } from '../../../lab/trivy-database.ts';
import { runStep, type StepResult } from '../../../runner/runner.ts';

type Carried = Parameters<typeof carry>[1];

const MONTH_MS = 30 * 86_400_000;

/** What scans of one suite share: Trivy, databases in the registry, and a cache. */
export interface Scene {
  readonly cacheDir: string;
  readonly databases: Readonly<
    Record<'database-repositories' | 'java-database-repositories', string>
  >;
  /** An empty folder with these files. */
  workspace(files?: Readonly<Record<string, string>>): string;
  /** Builds an image that carries what is named; gives back its digest. */
  image(...carried: readonly Carried[]): Promise<string>;
  /** Another database, of a month ago. */
  staleDatabase(): Promise<string>;
  /** Runs the shipped action. */
  scan(
    workspace: string,
    inputs: Readonly<Record<string, string>>,
    env?: Readonly<Record<string, string>>,
  ): Promise<StepResult>;
}

export async function openScene(lab: Lab): Promise<Scene> {
  const [trivy, vulnerability, java] = await Promise.all([
    toolPath('trivy'),
    vulnerabilityDatabase(lab),
    javaDatabase(lab),
  ]);
  const cacheDir = join(lab.folder, 'trivy-cache');
  const databases = {
    'database-repositories': vulnerability,
    'java-database-repositories': java,
  };
  const workspace = (files: Readonly<Record<string, string>> = {}): string => {
    const folder = mkdtempSync(join(lab.folder, 'scan-'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return folder;
  };
  return {
    cacheDir,
    databases,
    workspace,
    image: (...carried) => {
      const folder = workspace({
        Dockerfile: 'ARG NODE_IMAGE\nFROM ${NODE_IMAGE}\nCOPY files /\nUSER 1000\n',
        'files/app/about': randomBytes(8).toString('hex'),
      });
      carry(join(folder, 'files'), ...carried);
      const app = basename(lab.folder).toLowerCase();
      const service = `image-${randomBytes(4).toString('hex')}`;
      return buildImage({ app, service, folder, commit: fakeCommit(service) });
    },
    staleDatabase: () => vulnerabilityDatabase(lab, { updatedAt: new Date(Date.now() - MONTH_MS) }),
    scan: (folder, inputs, env = {}) =>
      runStep({
        action: 'actions/trivy-scan',
        workspace: folder,
        inputs: {
          ...databases,
          'cache-dir': cacheDir,
          'upload-sarif': 'false',
          'registry-username': registry.username,
          'registry-password': registry.password,
          'registry-ca': readFileSync(registry.authority, 'utf8'),
          ...inputs,
        },
        env: { PATH: `${dirname(trivy)}${delimiter}${process.env.PATH ?? ''}`, ...env },
      }),
  };
}
