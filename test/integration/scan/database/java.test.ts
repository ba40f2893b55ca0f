import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { type DatabaseState, openDatabase } from '../../../../src/scan/database/open.ts';
import { registry } from '../../../lab/engine.ts';
import { type Lab, openLab } from '../../../lab/lab.ts';
import {
  javaDatabase,
  type DatabaseOptions,
  vulnerabilityDatabase,
} from '../../../lab/trivy-database.ts';
import { from, type Scene, scene } from './scene.ts';

const DAY_MS = 86_400_000;

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

/** The lab's registry, over TLS with its own authority, and with a password that docker login has left. */
const runner = (): Promise<Scene> => scene(lab, { ca: readFileSync(registry.authority, 'utf8') });

async function opened(options: DatabaseOptions): Promise<DatabaseState> {
  const settings = from(await javaDatabase(lab, options));
  return openDatabase('java', settings, (await runner()).context);
}

describe('the Java database', () => {
  test('is fetched once, and lies beside the other one', async () => {
    const { context } = await runner();
    const settings = from(await javaDatabase(lab));
    const vulnerabilities = from(await vulnerabilityDatabase(lab));
    const states = await Promise.all([
      openDatabase('vulnerability', vulnerabilities, context),
      openDatabase('java', settings, context),
    ]);
    expect(states).toMatchObject([{ state: 'ready' }, { state: 'ready', origin: 'download' }]);
    expect(await openDatabase('java', settings, context)).toMatchObject({
      state: 'ready',
      origin: 'cache',
    });
  });

  test.each<[DatabaseOptions, string]>([
    [{ empty: true }, 'database-empty'],
    [{ schema: 2 }, 'database-schema'],
  ])('with %j is not used', async (options, id) => {
    expect(await opened(options)).toMatchObject({ state: 'unavailable', problem: { id } });
  });

  test('that is old is stale', async () => {
    const updatedAt = new Date(Date.now() - 9 * DAY_MS);
    expect(await opened({ updatedAt })).toMatchObject({
      state: 'stale',
      problem: { id: 'database-stale' },
    });
  });

  test('that is cut off is fetched again', async () => {
    const { context } = await runner();
    const settings = from(await javaDatabase(lab));
    await openDatabase('java', settings, context);
    truncateSync(join(context.cacheDir, 'java-db', 'trivy-java.db'), 20_480);
    expect(await openDatabase('java', settings, context)).toMatchObject({
      state: 'ready',
      origin: 'download',
    });
  });
});

describe('a database behind a login', () => {
  test('is not had without it', async () => {
    const { context } = await runner();
    const settings = from(await vulnerabilityDatabase(lab));
    const state = await openDatabase('vulnerability', settings, {
      ...context,
      dockerConfig: lab.folder,
    });
    expect(state).toMatchObject({ state: 'unavailable', problem: { id: 'database-denied' } });
  });

  test('is not had from a server that nobody vouches for', async () => {
    const { context } = await scene(lab);
    const state = await openDatabase(
      'vulnerability',
      from(await vulnerabilityDatabase(lab)),
      context,
    );
    expect(state).toMatchObject({ state: 'unavailable', problem: { id: 'database-untrusted' } });
  });
});
