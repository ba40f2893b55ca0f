import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../../../src/config/read.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { RegistryClient } from '../../../src/registry/client.ts';
import { dockerCredentials } from '../../../src/registry/credentials.ts';
import { parseReference } from '../../../src/registry/reference.ts';
import { formatRecord, recordId, type ReleaseRecord } from '../../../src/release/record.ts';
import { publishRecord, recordRepository } from '../../../src/release/store.ts';
import { engineEnv, registry } from '../../lab/engine.ts';
import { runStep, type StepResult } from '../../runner/runner.ts';
import { type Files, Repository } from '../../unit/detect/repository.ts';
import { folderWith } from '../../unit/kit/support.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const DAY = new Date('2026-01-01T00:00:00Z');

/** What GitHub says of a run. */
export interface Occasion {
  readonly event: string;
  readonly ref: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export function push(before: string, ref = 'refs/heads/main'): Occasion {
  return { event: 'push', ref, payload: { before, repository: { default_branch: 'main' } } };
}

/** A system whose images and records live in the lab's registry. */
export class System {
  readonly origin: Repository;
  /** Where its images are. */
  readonly images: string;
  readonly #client: RegistryClient;

  private constructor(origin: Repository, images: string) {
    this.origin = origin;
    this.images = images;
    this.#client = new RegistryClient({
      credentials: dockerCredentials(engineEnv),
      plainHttp: [],
      ca: readFileSync(registry.authority, 'utf8'),
      clock: systemClock,
    });
  }

  /** @param files with `IMAGES` where their place belongs */
  static async with(files: Files): Promise<System> {
    const images = `${registry.address}/detect-${randomBytes(4).toString('hex')}`;
    const own = Object.entries(files).map(([path, text]) => [
      path,
      text?.replaceAll('IMAGES', images),
    ]);
    return new System(await Repository.with(Object.fromEntries(own) as Files), images);
  }

  /**
   * What a build of a commit leaves behind: an image for each of these services, and the record.
   * @param instead images that the record has in place of those
   */
  async record(
    commit: string,
    services: readonly string[],
    instead: Readonly<Record<string, string>> = {},
  ): Promise<ReleaseRecord> {
    const images = await Promise.all(
      services.map(async (name) => [
        name,
        { image: instead[name] ?? (await this.#image(name, commit)), revision: commit },
      ]),
    );
    const record: ReleaseRecord = {
      schema: 1,
      id: recordId(commit, DAY),
      app: 'shop',
      commit,
      ref: 'refs/heads/main',
      created: '2026-01-01T00:00:00Z',
      services: Object.fromEntries(images) as ReleaseRecord['services'],
    };
    const config = parseConfig('app: shop\n', 'slipway.yml');
    const place = recordRepository(config, record.services);
    await publishRecord(this.#client, place, { bytes: formatRecord(record), record });
    return record;
  }

  /** The smallest image there is; its digest is told apart by the commit. */
  async #image(name: string, commit: string): Promise<string> {
    const at = parseReference(`${this.images}/${name}:${commit}`);
    const config = await this.#client.putBlob(at, Buffer.from(JSON.stringify({ commit, name })));
    const manifest = { schemaVersion: 2, mediaType: MANIFEST, config, layers: [] };
    const bytes = Buffer.from(JSON.stringify(manifest));
    const { digest } = await this.#client.putManifest(at, bytes, MANIFEST);
    return `${this.images}/${name}@${digest}`;
  }

  /** Checks a ref out as shallow as actions/checkout does, and runs the action. */
  async detect(
    { event, ref, payload }: Occasion,
    inputs: Readonly<Record<string, string>> = {},
    checkout = ref,
  ): Promise<StepResult> {
    const copy = await this.origin.clone(1, checkout);
    const file = join(folderWith(), 'event.json');
    writeFileSync(file, JSON.stringify(payload));
    return runStep({
      action: 'actions/detect',
      workspace: copy.folder,
      inputs: {
        'changed-only': 'true',
        'registry-username': registry.username,
        'registry-password': registry.password,
        'registry-ca': readFileSync(registry.authority, 'utf8'),
        token: 'a-token-of-github',
        ...inputs,
      },
      env: {
        GITHUB_EVENT_NAME: event,
        GITHUB_REF: ref,
        GITHUB_EVENT_PATH: file,
        GITHUB_REPOSITORY: 'Acme/Shop',
      },
    });
  }
}

/** The services of the matrix. */
export function built({ outputs }: StepResult): string[] {
  const { include } = JSON.parse(outputs.matrix ?? '') as { include: { service: string }[] };
  return include.map(({ service }) => service);
}
