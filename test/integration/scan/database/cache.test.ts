import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../../../../src/kit/errors.ts';
import { type DatabaseCache, repositoryCache } from '../../../../src/scan/database/cache.ts';
import { type DatabaseState, openDatabase } from '../../../../src/scan/database/open.ts';
import {
  type FaultyOptions,
  type FaultyRegistry,
  startFaultyRegistry,
} from '../../../lab/faulty-registry.ts';
import { type Lab, openLab } from '../../../lab/lab.ts';
import { type Artifact, buildArtifact, type DatabaseOptions } from '../../../lab/trivy-database.ts';
import { CacheServer } from '../tool/cache-server.ts';
import { from, type Scene, scene } from './scene.ts';

const HOUR_MS = 3_600_000;

let lab: Lab;
let good: Artifact;
/** Made an hour before. */
let earlier: Artifact;
beforeAll(async () => {
  lab = await openLab();
  good = await build({});
  earlier = await build({ updatedAt: new Date(Date.now() - HOUR_MS) });
});
afterAll(() => lab.close());

const build = (options: DatabaseOptions): Promise<Artifact> =>
  buildArtifact(lab.folder, 'vulnerability', options);

const open: FaultyRegistry[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serve(artifact: Artifact, options: FaultyOptions = {}): Promise<FaultyRegistry> {
  const server = await startFaultyRegistry(artifact, 'trivy-db:2', options);
  open.push(server);
  return server;
}

/** A new runner: nothing lies in Trivy's cache. */
function runner(...servers: FaultyRegistry[]): Promise<Scene> {
  return scene(lab, { plainHttp: servers.map(({ address }) => address) });
}

/** What GitHub's service does, with folders. */
function folderCache(): DatabaseCache & { readonly folder: string } {
  const folder = mkdtempSync(join(lab.folder, 'kept-'));
  return {
    folder,
    restore: (place, key, prefix) => {
      const keys = readdirSync(folder);
      const hit =
        keys.find((name) => name === key) ??
        keys.find((name) => prefix !== undefined && name.startsWith(prefix));
      if (hit !== undefined) cpSync(join(folder, hit), place, { recursive: true });
      return Promise.resolve(hit);
    },
    save: (place, key) => {
      cpSync(place, join(folder, key), { recursive: true });
      return Promise.resolve();
    },
  };
}

/** A cache that has what an earlier job has fetched. */
async function cacheWith(artifact: Artifact): Promise<ReturnType<typeof folderCache>> {
  const cache = folderCache();
  const server = await serve(artifact);
  const { context } = await runner(server);
  await openDatabase('vulnerability', from(server.repository), context, cache);
  return cache;
}

describe('the cache of the repository', () => {
  test('is looked into by digest, and spares the download', async () => {
    const cache = await cacheWith(good);
    const server = await serve(good);
    const { context } = await runner(server);
    const state = await openDatabase('vulnerability', from(server.repository), context, cache);
    expect(state).toMatchObject({ state: 'ready', origin: 'cache' });
    expect(state).not.toHaveProperty('note');
    expect(server.asked).toEqual({ manifest: 1, blob: 0 });
    const [key = ''] = readdirSync(cache.folder);
    expect(key).toMatch(/^slipway-trivy-vulnerability-db-2-sha256:[0-9a-f]{64}$/);
    expect(key.endsWith((state as { digest: string }).digest)).toBe(true);
  });

  test('is not used when the registry has a newer one', async () => {
    const cache = await cacheWith(earlier);
    const server = await serve(good);
    const { context } = await runner(server);
    const state = await openDatabase('vulnerability', from(server.repository), context, cache);
    expect(state).toMatchObject({ state: 'ready', origin: 'download' });
    expect(readdirSync(cache.folder)).toHaveLength(2);
  });

  test('has to do when no registry answers, and that is said', async () => {
    const cache = await cacheWith(earlier);
    const server = await serve(good, { faults: { manifest: 403 } });
    const { context } = await runner(server);
    const state = await openDatabase('vulnerability', from(server.repository), context, cache);
    expect(state).toMatchObject({ state: 'ready', origin: 'cache' });
    expect((state as { note?: string }).note).toMatch(/^No registry gave a newer one\. .*DENIED/);
  });

  test('does not have to do when it is too old: that is stale', async () => {
    const cache = await cacheWith(earlier);
    const server = await serve(good, { faults: { manifest: 403 } });
    const { context } = await runner(server);
    const settings = { ...from(server.repository), maxAgeMs: HOUR_MS / 2 };
    const state = await openDatabase('vulnerability', settings, context, cache);
    expect(state).toMatchObject({ state: 'stale', problem: { id: 'database-stale' } });
    expect((state as { problem: Problem }).problem.message).toMatch(/older than .*DENIED/);
  });

  test('that has a damaged copy is passed over', async () => {
    const cache = await cacheWith(good);
    const [key = ''] = readdirSync(cache.folder);
    truncateSync(join(cache.folder, key, 'trivy.db'), 20_000);
    const server = await serve(good);
    const { context, said } = await runner(server);
    const state = await openDatabase('vulnerability', from(server.repository), context, cache);
    expect(state).toMatchObject({ state: 'ready', origin: 'download' });
    expect(said.join('\n')).toContain(
      'What the cache had cannot be used: The vulnerability database is damaged',
    );
  });

  test('that does not work is no reason to fail', async () => {
    const server = await serve(good);
    const { context, said } = await runner(server);
    const broken: DatabaseCache = {
      restore: () => Promise.reject(new Error('out of order')),
      save: () => Promise.reject(new Error('full')),
    };
    const state = await openDatabase('vulnerability', from(server.repository), context, broken);
    expect(state).toMatchObject({ state: 'ready', origin: 'download' });
    expect(said).toContain('The database was not kept for later jobs: full');
  });

  test('is the real one, where there is one', async () => {
    const service = await CacheServer.start();
    const before = { ...process.env };
    const RUNNER_TEMP = mkdtempSync(join(lab.folder, 'temp-'));
    Object.assign(process.env, { ACTIONS_CACHE_URL: service.url, RUNNER_TEMP });
    try {
      const server = await serve(good);
      const states: DatabaseState[] = [];
      while (states.length < 2) {
        const { context } = await runner(server);
        const cache = repositoryCache({ RUNNER_TEMP });
        const state = await openDatabase('vulnerability', from(server.repository), context, cache);
        states.push(state);
        expect(readdirSync(join(context.cacheDir, 'db')).sort()).toEqual([
          'metadata.json',
          'slipway-digest',
          'trivy.db',
        ]);
      }
      expect(states).toMatchObject([
        { state: 'ready', origin: 'download' },
        { state: 'ready', origin: 'cache' },
      ]);
      expect(server.asked.blob).toBe(1);
      expect(readdirSync(RUNNER_TEMP).filter((name) => name.startsWith('slipway'))).toEqual([]);
    } finally {
      process.env = before;
      await service.stop();
    }
  });
});

describe('a runner that keeps its folders', () => {
  test('fetches nothing twice', async () => {
    const server = await serve(good);
    const { context } = await runner(server);
    const settings = from(server.repository);
    await openDatabase('vulnerability', settings, context, folderCache());
    const state = await openDatabase('vulnerability', settings, context, folderCache());
    expect(state).toMatchObject({ state: 'ready', origin: 'cache' });
    expect(server.asked).toEqual({ manifest: 3, blob: 1 });
  });

  test('goes on with what it has when no registry answers, and says so', async () => {
    const server = await serve(good);
    const { context } = await runner(server);
    await openDatabase('vulnerability', from(server.repository), context, folderCache());
    await server.close();
    const state = await openDatabase(
      'vulnerability',
      from(server.repository),
      context,
      folderCache(),
    );
    expect(state).toMatchObject({ state: 'ready', origin: 'cache' });
    expect((state as { note?: string }).note).toContain('ECONNREFUSED');
  });

  test('does not go back to what a mirror that lags behind still has', async () => {
    const server = await serve(good);
    const behind = await serve(earlier);
    const { context } = await runner(server, behind);
    const first = await openDatabase(
      'vulnerability',
      from(server.repository),
      context,
      folderCache(),
    );
    const second = await openDatabase(
      'vulnerability',
      from(behind.repository),
      context,
      folderCache(),
    );
    expect(second).toMatchObject({
      state: 'ready',
      digest: (first as { digest: string }).digest,
    });
  });

  test('may have several jobs at a time', async () => {
    const server = await serve(good);
    const { context } = await runner(server);
    await openDatabase(
      'vulnerability',
      from((await serve(earlier)).repository),
      { ...context, plainHttp: open.map(({ address }) => address) },
      folderCache(),
    );
    const jobs = await Promise.all(
      Array.from({ length: 4 }, () =>
        scene(lab, { cacheDir: context.cacheDir, plainHttp: [server.address] }),
      ),
    );
    const states = await Promise.all(
      jobs.map((job) =>
        openDatabase('vulnerability', from(server.repository), job.context, folderCache()),
      ),
    );
    expect(states.map(({ state }) => state)).toEqual(['ready', 'ready', 'ready', 'ready']);
    expect(readdirSync(context.cacheDir)).toEqual(['db']);
  });

  test('gets rid of what a killed job has left, and of nothing that may be in use', async () => {
    const server = await serve(good);
    const { context } = await runner(server);
    const [old, young] = ['.slipway-old', '.slipway-young'].map((name) =>
      join(context.cacheDir, name),
    ) as [string, string];
    mkdirSync(old, { recursive: true });
    mkdirSync(young);
    const time = (Date.now() - 7 * HOUR_MS) / 1000;
    utimesSync(old, time, time);
    await openDatabase('vulnerability', from(server.repository), context, folderCache());
    expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
  });

  test('whose folder cannot be written to has no database, and no bug', async () => {
    const server = await serve(good);
    const { context } = await runner(server);
    const file = join(context.scratch, 'file');
    writeFileSync(file, '');
    const there = { ...context, cacheDir: join(file, 'cache') };
    const state = await openDatabase(
      'vulnerability',
      from(server.repository),
      there,
      folderCache(),
    );
    expect(state).toMatchObject({ state: 'unavailable', problem: { id: 'database-failed' } });
    expect((state as { problem: Problem }).problem.message).toContain('ENOTDIR');
  });
});
