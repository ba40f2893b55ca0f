import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Clock } from '../../../../src/kit/clock.ts';
import { type DatabaseState, openDatabase } from '../../../../src/scan/database/open.ts';
import {
  type Fault,
  type FaultyOptions,
  type FaultyRegistry,
  startFaultyRegistry,
} from '../../../lab/faulty-registry.ts';
import { type Lab, openLab } from '../../../lab/lab.ts';
import {
  type Artifact,
  buildArtifact,
  type DatabaseOptions,
  pack,
} from '../../../lab/trivy-database.ts';
import { from, type Scene, scene } from './scene.ts';

const DAY_MS = 86_400_000;
/** The real time, without the pauses between attempts. */
const hasty: Clock = { now: () => Date.now(), sleep: () => Promise.resolve() };

let lab: Lab;
let good: Artifact;
beforeAll(async () => {
  lab = await openLab();
  good = await buildArtifact(lab.folder, 'vulnerability', {});
});
afterAll(() => lab.close());

const open: FaultyRegistry[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serve(artifact: Artifact, options: FaultyOptions = {}): Promise<FaultyRegistry> {
  const server = await startFaultyRegistry(artifact, 'trivy-db:2', options);
  open.push(server);
  return server;
}

function job(...servers: FaultyRegistry[]): Promise<Scene> {
  return scene(lab, { plainHttp: servers.map(({ address }) => address), clock: hasty });
}

/** The problem of a database that could not be had; nothing of it may lie about for a scan to take. */
function problemOf(state: DatabaseState, { context }: Scene): { id: string; message: string } {
  if (state.state !== 'unavailable') throw new Error(`it is ${state.state}`);
  expect(readdirSync(context.cacheDir)).toEqual([]);
  return state.problem;
}

async function refused(
  artifact: Artifact,
  options: FaultyOptions = {},
): Promise<{ id: string; message: string }> {
  const server = await serve(artifact, options);
  const there = await job(server);
  return problemOf(
    await openDatabase('vulnerability', from(server.repository), there.context),
    there,
  );
}

test('a registry that refuses the connection', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => closed.once('listening', resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  const there = await scene(lab, { clock: hasty, plainHttp: [`127.0.0.1:${port}`] });
  const settings = from(`127.0.0.1:${port}/trivy-db:2`);
  const { id, message } = problemOf(
    await openDatabase('vulnerability', settings, there.context),
    there,
  );
  expect(id).toBe('database-unreachable');
  expect(message).toContain('ECONNREFUSED');
});

test('a registry whose name nobody knows', async () => {
  const there = await scene(lab, { clock: hasty });
  const settings = from('registry.invalid/aquasec/trivy-db:2');
  const { id, message } = problemOf(
    await openDatabase('vulnerability', settings, there.context),
    there,
  );
  expect(id).toBe('database-unreachable');
  expect(message).toMatch(/ENOTFOUND|EAI_AGAIN/);
});

test.each<[Fault, string, RegExp]>([
  [401, 'database-denied', /asks for a login/],
  [403, 'database-denied', /403: DENIED/],
  [404, 'database-missing', /404/],
  [429, 'database-limit', /429: TOOMANYREQUESTS/],
  [503, 'database-failed', /503/],
  ['truncate', 'database-unreachable', /aborted|socket hang up|ECONNRESET/],
  ['corrupt', 'database-corrupt', /other bytes/],
])('a manifest that is answered with %s', async (manifest, expected, words) => {
  const { id, message } = await refused(good, { faults: { manifest } });
  expect(id).toBe(expected);
  expect(message).toMatch(words);
});

test.each<[Fault, string, RegExp]>([
  [401, 'database-denied', /401/],
  [403, 'database-denied', /DENIED/],
  [404, 'database-missing', /BLOB_UNKNOWN/],
  [429, 'database-limit', /TOOMANYREQUESTS/],
  [503, 'database-failed', /503|UNAVAILABLE/],
  ['truncate', 'database-corrupt', /it ended before all of it was there/],
  ['corrupt', 'database-corrupt', /sha256/],
])('a blob that is answered with %s', async (blob, expected, words) => {
  const { id, message } = await refused(good, { faults: { blob } });
  expect(id).toBe(expected);
  expect(message).toMatch(words);
});

describe('something else than a good database', () => {
  const build = (options: DatabaseOptions): Promise<Artifact> =>
    buildArtifact(lab.folder, 'vulnerability', options);

  test('of another media type', async () => {
    const { id, message } = await refused(
      pack('vulnerability', good.layer, 'application/vnd.oci.image.layer.v1.tar+gzip'),
    );
    expect(id).toBe('database-missing');
    expect(message).toContain('application/vnd.oci.image.layer.v1.tar+gzip');
  });

  test('that is no archive', async () => {
    const { id } = await refused(pack('vulnerability', gzipSync('no archive')));
    expect(id).toBe('database-corrupt');
  });

  test('that is empty', async () => {
    expect((await refused(await build({ empty: true }))).id).toBe('database-empty');
  });

  test.each([
    [1, 'its schema 1 is older than 2'],
    [3, 'its schema 3 is newer than 2'],
  ])('of schema %s', async (schema, words) => {
    const { id, message } = await refused(await build({ schema }));
    expect(id).toBe('database-schema');
    expect(message).toContain(words);
  });

  test('of a day to come', async () => {
    const { id } = await refused(await build({ updatedAt: new Date(Date.now() + DAY_MS) }));
    expect(id).toBe('database-clock');
  });

  test('that is too old: it is told apart, and there for who will have it', async () => {
    const updatedAt = new Date(Math.floor(Date.now() / 1000) * 1000 - 3 * DAY_MS);
    const server = await serve(await build({ updatedAt }));
    const { context } = await job(server);
    const state = await openDatabase('vulnerability', from(server.repository), context);
    expect(state).toMatchObject({ state: 'stale', updatedAt, problem: { id: 'database-stale' } });
    expect(readdirSync(join(context.cacheDir, 'db'))).toContain('trivy.db');
  });
});

describe('within the deadline', () => {
  test.each<['manifest' | 'blob']>([['manifest'], ['blob']])(
    'a %s that never comes',
    async (part) => {
      const server = await serve(good, { faults: { [part]: 'hang' } });
      const there = await scene(lab, { plainHttp: [server.address] });
      const began = Date.now();
      const settings = { ...from(server.repository), deadlineMs: 3_000 };
      const state = await openDatabase('vulnerability', settings, there.context);
      const took = Date.now() - began;
      expect(problemOf(state, there).id).toBe('database-timeout');
      expect(took).toBeGreaterThan(2_000);
      expect(took).toBeLessThan(15_000);
      expect(programsOf(there)).toEqual([]);
    },
  );

  test('a registry that asks for more patience than there is', async () => {
    const server = await serve(good, { faults: { manifest: 429 }, retryAfter: 40 });
    const there = await scene(lab, { plainHttp: [server.address] });
    const settings = { ...from(server.repository), deadlineMs: 10_000 };
    const { id, message } = problemOf(
      await openDatabase('vulnerability', settings, there.context),
      there,
    );
    expect(id).toBe('database-limit');
    expect(message).toMatch(/it asks to be left alone for 4\d s/);
    expect(server.asked.manifest).toBe(1);
  });

  test('a mirror that hangs leaves time for the next', async () => {
    const slow = await serve(good, { faults: { blob: 'hang' } });
    const next = await serve(good);
    const { context } = await scene(lab, { plainHttp: [slow.address, next.address] });
    const settings = { ...from(slow.repository, next.repository), deadlineMs: 8_000 };
    expect(await openDatabase('vulnerability', settings, context)).toMatchObject({
      state: 'ready',
    });
  });
});

/** Processes that run with the folders of a job. */
function programsOf({ context }: Scene): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    })
    .filter((line) => line.includes(context.cacheDir));
}

describe('what passes', () => {
  test.each<[string, FaultyOptions]>([
    ['a manifest after 503', { faults: { manifest: 503 }, times: 2 }],
    ['a blob that broke off', { faults: { blob: 'truncate' }, times: 1 }],
    ['a blob that was damaged on its way', { faults: { blob: 'corrupt' }, times: 1 }],
  ])('%s', async (_name, options) => {
    const server = await serve(good, options);
    const { context } = await job(server);
    const state = await openDatabase('vulnerability', from(server.repository), context);
    expect(state).toMatchObject({ state: 'ready', origin: 'download' });
  });

  test('a bad mirror: the next one is taken, and said', async () => {
    const bad = await serve(good, { faults: { manifest: 403 } });
    const fine = await serve(good);
    const { context } = await job(bad, fine);
    const state = await openDatabase(
      'vulnerability',
      from(bad.repository, fine.repository),
      context,
    );
    expect(state).toMatchObject({ state: 'ready', origin: 'download' });
    const { note } = state as { note?: string };
    expect(note).toContain(`It is from ${fine.repository}`);
    expect(note).toContain(`${bad.repository}: The vulnerability database may not be read`);
  });

  test('a mirror that is empty, and one that is old: the third is taken', async () => {
    const empty = await serve(await buildArtifact(lab.folder, 'vulnerability', { empty: true }));
    const updatedAt = new Date(Date.now() - 9 * DAY_MS);
    const old = await serve(await buildArtifact(lab.folder, 'vulnerability', { updatedAt }));
    const fine = await serve(good);
    const { context } = await job(empty, old, fine);
    const settings = from(empty.repository, old.repository, fine.repository);
    const state = await openDatabase('vulnerability', settings, context);
    expect(state).toMatchObject({ state: 'ready', origin: 'download' });
    expect((state as { updatedAt: Date }).updatedAt.getTime()).toBeGreaterThan(Date.now() - DAY_MS);
  });

  test('when all mirrors fail, each is told', async () => {
    const bad = await serve(good, { faults: { manifest: 403 } });
    const gone = await serve(good, { faults: { manifest: 404 } });
    const there = await job(bad, gone);
    const settings = from(bad.repository, gone.repository);
    const state = await openDatabase('vulnerability', settings, there.context);
    const { value } = problemOf(state, there) as { value?: string };
    expect(value).toContain(`${bad.repository}: `);
    expect(value).toContain(`${gone.repository}: `);
  });
});

describe('a damaged copy in the cache of Trivy', () => {
  const damages: [string, (folder: string) => void][] = [
    ['cut off', (folder) => { truncateSync(join(folder, 'trivy.db'), 20_000); }],
    ['overwritten', (folder) => { writeFileSync(join(folder, 'trivy.db'), Buffer.alloc(65_536, 'x')); }],
    ['damaged within', (folder) => { writeFileSync(join(folder, 'trivy.db'), garbled(join(folder, 'trivy.db'))); }],
    ['without dates', (folder) => { writeFileSync(join(folder, 'metadata.json'), '{}'); }],
    ['without its file', (folder) => { truncateSync(join(folder, 'trivy.db'), 0); }],
  ]; // prettier-ignore

  test.each(damages)('that is %s is thrown away and fetched again', async (_name, damage) => {
    const server = await serve(good);
    const { context, said } = await job(server);
    const settings = from(server.repository);
    await openDatabase('vulnerability', settings, context);
    damage(join(context.cacheDir, 'db'));
    const state = await openDatabase('vulnerability', settings, context);
    expect(state).toMatchObject({ state: 'ready', origin: 'download' });
    expect(said.join('\n')).toContain('is thrown away. The vulnerability database is damaged');
    expect(server.asked.blob).toBe(2);
  });

  test.each(damages)('that is %s is not used offline', async (_name, damage) => {
    const server = await serve(good);
    const { context } = await job(server);
    const settings = from(server.repository);
    await openDatabase('vulnerability', settings, context);
    damage(join(context.cacheDir, 'db'));
    const state = await openDatabase('vulnerability', { ...settings, offline: true }, context);
    expect(state).toMatchObject({ state: 'unavailable', problem: { id: 'database-corrupt' } });
  });
});

/** All pages but the first four, which hold what is looked at first. */
function garbled(file: string): Buffer {
  const bytes = readFileSync(file);
  return bytes.fill(0x2a, 4 * 4096);
}

describe('offline', () => {
  test('nothing is asked, and what is there is used', async () => {
    const server = await serve(good);
    const { context } = await job(server);
    await openDatabase('vulnerability', from(server.repository), context);
    const before = { ...server.asked };
    const settings = { ...from(server.repository), offline: true };
    const state = await openDatabase('vulnerability', settings, context);
    expect(state).toMatchObject({ state: 'ready', origin: 'cache' });
    expect(server.asked).toEqual(before);
  });

  test('without a database there is none', async () => {
    const server = await serve(good);
    const { context } = await job(server);
    mkdirSync(context.cacheDir);
    const settings = { ...from(server.repository), offline: true };
    const state = await openDatabase('vulnerability', settings, context);
    expect(state).toMatchObject({ state: 'unavailable', problem: { id: 'database-offline' } });
    expect(server.asked).toEqual({ manifest: 0, blob: 0 });
  });
});
